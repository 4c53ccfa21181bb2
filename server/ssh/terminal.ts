import type { Session } from 'ssh2';
import type { Terminal, TerminalSize } from '../runs/client.ts';

/** More than any screen has: the numbers come from the client, and are 32 bits wide. */
const maxCells = 65_535;

/** What a client asks for, in its pty request. */
export interface AskedTerminal {
  /** `TERM`, as in terminfo. */
  readonly term?: string;
  readonly cols: number;
  readonly rows: number;
}

/**
 * The terminal that a client has asked for, with the size that it has now.
 * @param refusesColors whether the client has sent `NO_COLOR` (https://no-color.org), which OpenSSH does behind this
 */
export function terminalOf(session: Session, asked: AskedTerminal, refusesColors: () => boolean): Terminal {
  let size = sizeOf(asked);
  const listeners: ((size: TerminalSize) => void)[] = [];
  session.on('window-change', (accept, _reject, info) => {
    size = sizeOf(info);
    for (const resized of listeners) resized(size);
    accept?.();
  });
  const isScreen = !['', 'dumb'].includes(asked.term ?? '');
  return {
    get size() {
      return size;
    },
    get hasColors() {
      return isScreen && !refusesColors();
    },
    isScreen,
    // As ssh sets up the one of its user.
    isRaw: true,
    onResize: (resized) => void listeners.push(resized),
  };
}

function sizeOf({ cols, rows }: { readonly cols: number; readonly rows: number }): TerminalSize {
  return { columns: Math.min(cols, maxCells), rows: Math.min(rows, maxCells) };
}
