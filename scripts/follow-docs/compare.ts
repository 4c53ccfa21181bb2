import { diff } from 'node:util';
import { type Step, steady } from '../../test/support/followed.ts';

/** How what was printed differs from what is shown, as lines of a diff; empty: it does not. */
export function differences({ shown }: Pick<Step, 'shown'>, output: string): readonly string[] {
  if (shown === undefined) return [];
  const expected = steady(shown).split('\n');
  const printed = steady(output).split('\n');
  // A block that begins with … shows the end.
  const isEnd = expected[0] === '…';
  if (isEnd) expected.shift();
  const compared = isEnd ? printed.slice(-expected.length) : printed;
  const entries = diff(expected, compared);
  if (entries.every(([operation]) => operation === 0)) return [];
  return entries.map(([operation, line]) => `${[' ', '-', '+'].at(operation)}${line}`);
}
