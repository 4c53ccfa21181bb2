import { describe, expect, it } from 'vitest';
import { faultNames } from './faults.ts';
import { phases } from './phases.ts';
import { key, lineOf, linesOf, page } from './table.ts';

const cell = {
  phase: 'build',
  fault: 'SIGKILL',
  outcome: 'cut off',
  heard: 'nothing',
  problems: [],
  seconds: 7.6,
} as const;

describe('the page about faults', () => {
  it('keeps what is known of the cells that are not run this time', () => {
    const first = page(phases, new Map([[key('build', 'SIGKILL'), lineOf(cell)]]));
    expect(first).toContain('| SIGKILL | cut off | nothing | 8 |');
    const second = page(phases, linesOf(first));
    expect(second).toBe(first);
    expect([...linesOf(second)]).toEqual([['build × SIGKILL', '| SIGKILL | cut off | nothing | 8 |']]);
  });

  it('says of a cell that is red what is wrong, in both tables', () => {
    const red = lineOf({ ...cell, problems: ['left over: a lock', 'more'] });
    expect(red).toContain('**red**: left over: a lock');
    const text = page(phases, new Map([[key('build', 'SIGKILL'), red]]));
    const overview = text.split('\n').find((line) => line.startsWith('| SIGKILL | not run'));
    expect(overview?.split(' | ')[4]).toBe('**red**');
  });

  it('gives a reason for each cell that makes no sense', () => {
    for (const { expects } of phases) expect(Object.keys(expects).sort()).toEqual([...faultNames].sort());
    const text = page(phases, new Map());
    expect(text).toContain('- hook killed: git starts no hook before it has the whole push.');
  });
});
