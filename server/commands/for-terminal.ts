import { cutTo } from '../../base/cut-to.ts';
import { colors, noColors, type Paint } from '../../base/paint.ts';
import type { CommandScope } from './command.ts';

type Scope = Pick<CommandScope, 'terminal'>;

/** A pipe gets no colors, and a terminal those that its owner has not refused. */
export function paintOf({ terminal }: Scope): Paint {
  return terminal?.hasColors ? colors : noColors;
}

/** Rows of a table: a terminal shows each in one row, and a pipe gets all of it. */
export function fitted(rows: readonly string[], { terminal }: Scope): readonly string[] {
  // 0: a client that does not know its size.
  const columns = terminal?.size.columns ?? 0;
  return columns === 0 ? rows : rows.map((row) => cutTo(row, columns));
}
