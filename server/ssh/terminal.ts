import type { Session } from 'ssh2';
import type { Terminal, TerminalSize } from '../runs/client.ts';

/** More than any screen has: the numbers come from the client, and are 32 bits wide. */
const maxCells = 65_535;

/** The terminal that a client has asked for, with the size that it has now. */
export function terminalOf(session: Session, asked: { readonly cols: number; readonly rows: number }): Terminal {
  let size = sizeOf(asked);
  const listeners: ((size: TerminalSize) => void)[] = [];
  session.on('window-change', (accept, _reject, info) => {
    size = sizeOf(info);
    for (const resized of listeners) resized(size);
    accept?.();
  });
  return {
    get size() {
      return size;
    },
    onResize: (resized) => void listeners.push(resized),
  };
}

function sizeOf({ cols, rows }: { readonly cols: number; readonly rows: number }): TerminalSize {
  return { columns: Math.min(cols, maxCells), rows: Math.min(rows, maxCells) };
}
