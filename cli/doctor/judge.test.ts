import { describe, expect, it } from 'vitest';
import { judgeClock } from './clock.ts';
import { judgeFiles, judgeSpace } from './data.ts';
import { judgeGit } from './git.ts';
import { report } from './report.ts';

const now = Date.parse('2030-01-01T00:00:00Z');

describe('what doctor says of the clock', () => {
  it.each([
    // An HTTP date is up to a second older than its moment.
    [999, 'OK', 'agrees'],
    [3000, 'OK', 'agrees'],
    [5000, 'WARN', 'is 4.0 s ahead of'],
    [-5000, 'WARN', 'is 5.0 s behind'],
    [-300_000, 'FAIL', 'is 5 min 00 s behind'],
  ])('when it is off by %i ms', (off, level, words) => {
    const found = judgeClock(now + off, now);
    expect(found.level).toBe(level);
    expect(found.message).toContain(words);
  });
});

it('a slow answer of the API server is not a wrong clock', () => {
  expect(judgeClock(now + 5000, now, 5000).level).toBe('OK');
  expect(judgeClock(now - 20_000, now, 5000).message).toContain('is 15.0 s behind');
});

it('an API server that reports no time is a warning', () => {
  expect(judgeClock(now, Number.NaN).level).toBe('WARN');
});

describe('what doctor says of git', () => {
  it.each([
    ['git version 2.39.5\n', 'OK'],
    ['git version 2.36.0\n', 'OK'],
    // They sync neither refs nor loose objects to the disk.
    ['git version 2.35.8\n', 'WARN'],
    ['git version 2.29.0.windows.1\n', 'WARN'],
    ['git version 3.0.0\n', 'OK'],
    ['git version 2.28.1\n', 'FAIL'],
    ['', 'FAIL'],
  ])('%j', (output, level) => {
    expect(judgeGit(output).level).toBe(level);
  });
});

describe('what doctor says of the data folder', () => {
  it.each([
    [5 * 1024 ** 3, 'OK'],
    [500 * 1024 ** 2, 'WARN'],
    [0, 'FAIL'],
  ])('with %i bytes free', (bytes, level) => {
    expect(judgeSpace('/data', bytes, 'gitkube').level).toBe(level);
  });
});

describe('what doctor says of inodes', () => {
  it.each([
    [{ files: 65_536, ffree: 60_000 }, undefined],
    [{ files: 65_536, ffree: 9_000 }, 'WARN'],
    [{ files: 65_536, ffree: 100 }, 'FAIL'],
    // btrfs has no limit.
    [{ files: 0, ffree: 0 }, undefined],
  ])('%j is %s', (disk, level) => {
    expect(judgeFiles('/data', disk)?.level).toBe(level);
  });
});

describe('the report', () => {
  it('has one line for each finding and its fixes below it', () => {
    expect(
      report([
        { check: 'git', level: 'OK', message: 'git 2.39.5', fix: [] },
        { check: 'engine', level: 'FAIL', message: 'does not answer\u001b[2J', fix: ['docker version', 'reboot'] },
        { check: 'clock', level: 'WARN', message: 'is late', fix: [] },
      ]),
    ).toEqual([
      'OK     git      git 2.39.5',
      'FAIL   engine   does not answer',
      '                fix: docker version',
      '                fix: reboot',
      'WARN   clock    is late',
      '',
      '1 failed, 1 warning.',
    ]);
  });
});
