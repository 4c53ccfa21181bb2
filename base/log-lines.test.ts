import { describe, expect, it } from 'vitest';
import { lineOfError, linesThatMatter } from './log-lines.ts';

const frames = (count: number) => Array.from({ length: count }, (_, i) => `  at frame ${i + 1}`);

describe('the lines of a log that matter', () => {
  it('are all of a short one', () => {
    expect(linesThatMatter(['starting', 'Error: no database'])).toEqual(['starting', 'Error: no database']);
  });

  it('are the last ones where none says that something went wrong', () => {
    expect(linesThatMatter(frames(50))).toEqual(frames(50).slice(-20));
  });

  it('begin with the error above a long stack trace, and the frames right after it', () => {
    expect(linesThatMatter(['starting', 'panic: no table', ...frames(50)])).toEqual([
      'panic: no table',
      ...frames(3),
      '… 35 lines omitted',
      ...frames(50).slice(-12),
    ]);
  });

  it('have the last error above the last lines, too, which is the cause in Java', () => {
    const log = ['Exception in thread', ...frames(20), 'Caused by: no such table', ...frames(30)];
    expect(linesThatMatter(log)).toEqual([
      'Exception in thread',
      ...frames(3),
      '… 17 lines omitted',
      'Caused by: no such table',
      ...frames(3),
      '… 15 lines omitted',
      ...frames(30).slice(-12),
    ]);
  });

  it('have the first and the last errors where there are many', () => {
    const log = [...Array.from({ length: 9 }, (_, i) => `error ${i + 1}`), ...frames(30)];
    expect(linesThatMatter(log).slice(0, 7)).toEqual([
      ...['error 1', 'error 2', 'error 3', '… 4 lines omitted', 'error 8', 'error 9', '  at frame 1'],
    ]);
  });

  it('leave out the fields of an error that are not set, and only where lines have to be left out', () => {
    const unset = ['detail', 'hint', 'position', "'internal-query'", '[where]'].map((name) => `  ${name}: undefined,`);
    const error = ['error: relation "users" does not exist', ...frames(4), "  code: '42P01',", ...unset];
    expect(linesThatMatter(error)).toEqual(error);
    const long = [...frames(12), ...error, '}'];
    expect(linesThatMatter(long)).toEqual([...frames(12), ...error.slice(0, 6), '}']);
  });

  it('have a line that comes again and again once', () => {
    expect(linesThatMatter(['waiting', 'waiting', 'waiting', 'x', 'waiting'])).toEqual([
      'waiting (3 times)',
      'x',
      'waiting',
    ]);
  });
});

describe('the one line of a log', () => {
  it.each([
    [
      ['src/main.c:7:3: error: no x', 'cc -c a.c', 'make: *** [Makefile:2: all] Error 2'],
      'src/main.c:7:3: error: no x',
    ],
    [['Failed tests:', '  AssertionError [ERR_ASSERTION]: Expected 1:'], 'AssertionError [ERR_ASSERTION]: Expected 1'],
    [['error[E0425]: cannot find value x', 'error: could not compile'], 'error[E0425]: cannot find value x'],
    [
      ['src/a.ts(3,5): error TS2304: Cannot find name x', 'npm error code 2'],
      'src/a.ts(3,5): error TS2304: Cannot find name x',
    ],
    [['npm error code ERESOLVE', 'npm error A log of this run'], 'npm error code ERESOLVE'],
    [['compiling', 'done'], undefined],
  ])('of a build is its first error: %j', (lines, expected) => {
    expect(lineOfError(lines, 'first')).toBe(expected);
  });

  it.each([
    [
      ['Exception in thread main: no start', '  at a', 'Caused by: java.sql.SQLException: no table'],
      'Caused by: java.sql.SQLException: no table',
    ],
    [['Traceback (most recent call last):', '  File "a.py"', 'ValueError: no port'], 'ValueError: no port'],
    [
      ['error: relation "users" does not exist', "  severity: 'ERROR',", "  code: '42P01',"],
      'error: relation "users" does not exist',
    ],
    [['panic: no such table: users', '  at frame 1'], 'panic: no such table: users'],
    [['GET / 200', 'GET /a 200'], undefined],
  ])('of a program is its last error: %j', (lines, expected) => {
    expect(lineOfError(lines, 'last')).toBe(expected);
  });
});
