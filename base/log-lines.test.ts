import { describe, expect, it } from 'vitest';
import { linesThatMatter } from './log-lines.ts';

const frames = (count: number) => Array.from({ length: count }, (_, i) => `  at frame ${i + 1}`);

describe('the lines of a log that matter', () => {
  it('are all of a short one', () => {
    expect(linesThatMatter(['starting', 'Error: no database'])).toEqual(['starting', 'Error: no database']);
  });

  it('are the last ones where none says that something went wrong', () => {
    expect(linesThatMatter(frames(50))).toEqual(frames(50).slice(-20));
  });

  it('begin with the error above a long stack trace', () => {
    expect(linesThatMatter(['starting', 'panic: no table', ...frames(50)])).toEqual([
      '…',
      'panic: no table',
      '…',
      ...frames(50).slice(-16),
    ]);
  });

  it('have the first and the last errors where there are many', () => {
    const log = [...Array.from({ length: 9 }, (_, i) => `error ${i + 1}`), ...frames(30)];
    expect(linesThatMatter(log).slice(0, 6)).toEqual(['error 1', 'error 2', '…', 'error 8', 'error 9', '…']);
  });

  it('have a line that comes again and again once', () => {
    expect(linesThatMatter(['waiting', 'waiting', 'waiting', 'x', 'waiting'])).toEqual([
      'waiting (3 times)',
      'x',
      'waiting',
    ]);
  });
});
