import { describe, expect, it } from 'vitest';
import { type Attack, fell, stood } from './attack.ts';
import { isAsItShouldBe } from './run.ts';
import { table } from './table.ts';

const attack: Attack = { incident: 'CWE-1', what: 'a|b', attempt: async () => stood('') };
const result = { surface: 'http', attack, control: fell('pushed'), gitkube: stood('401') };

describe('the table of attacks', () => {
  it('has what the control did and what Gitkube did, in columns', () => {
    expect(table([result]).split('\n')).toEqual([
      '| surface | incident | attack | control       | Gitkube     |  |',
      '|---------|----------|--------|---------------|-------------|--|',
      '| http    | CWE-1    | a/b    | falls: pushed | stands: 401 |  |',
    ]);
  });

  it.each([
    ['a control that stands', { ...result, control: stood('404') }],
    ['Gitkube that falls', { ...result, gitkube: fell('pushed') }],
  ])('marks %s', (_, wrong) => {
    expect(isAsItShouldBe(wrong)).toBe(false);
    expect(table([wrong])).toContain('WRONG');
  });
});
