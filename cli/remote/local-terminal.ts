import type { ReadStream, WriteStream } from 'node:tty';
import type { Terminal } from '../../server/runs/client.ts';
import type { RequestTerminal } from '../../server/socket/request.ts';
import type { Io } from '../io.ts';

/** The terminal that this program writes to, until it is disposed. */
export interface LocalTerminal extends Terminal, Disposable {
  /** As the server wants to know it. */
  readonly facts: RequestTerminal;
  /** Where it wants keys: from now on they go where the command is. Before, Ctrl-C ends this program. */
  takeKeys(): void;
}

/**
 * @param wantsKeys keys go where the command is, Ctrl-C as well, as far as stdin is a terminal, too
 * @returns undefined where stdout is none
 */
export function openTerminal({ env, stdin, stdout }: Io, wantsKeys: boolean): LocalTerminal | undefined {
  const screen = stdout as WriteStream;
  const keys = stdin as ReadStream;
  if (!screen.isTTY) return undefined;
  const isRaw = wantsKeys && keys.isTTY;
  const isScreen = !['', 'dumb'].includes(env.TERM ?? '');
  // https://no-color.org
  const hasColors = isScreen && !env.NO_COLOR;
  const listeners: (() => void)[] = [];
  // 0: it does not know.
  const size = () => ({ columns: screen.columns ?? 0, rows: screen.rows ?? 0 });
  let hasKeys = false;
  let isOver = false;
  return {
    get size() {
      return size();
    },
    facts: { ...size(), isRaw, isScreen, hasColors },
    isRaw,
    takeKeys: () => {
      if (!isRaw || isOver) return;
      hasKeys = true;
      keys.setRawMode(true);
    },
    onResize: (resized) => {
      const listener = () => resized(size());
      listeners.push(listener);
      screen.on('resize', listener);
    },
    [Symbol.dispose]: () => {
      isOver = true;
      for (const listener of listeners) screen.off('resize', listener);
      if (hasKeys) keys.setRawMode(false);
    },
  };
}
