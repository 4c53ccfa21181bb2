import { expect, it } from 'vitest';
import { type Expectation, expected } from './expected.ts';
import { judge } from './judge.ts';
import type { TestResult } from './results.ts';

const script = 't5542-push-http-shallow';
const differs: Expectation = {
  script,
  number: 2,
  title: 'clone',
  reason: { kind: 'differs', why: 'it says more', shows: /^\+more$/m },
};

function test(number: number, title: string, result: TestResult['result'], output = ''): TestResult {
  return { number, title, result, output };
}

function surprisesOf(...tests: TestResult[]): readonly string[] {
  return judge(script, { tests }, '1:2.39.5-0+deb12u3', [differs]).surprises;
}

it('tests that do what is expected are counted by kind, and are no surprise', () => {
  const tests = [test(1, 'push', 'ok'), test(2, 'clone', 'not ok', '\n+more\n')];
  const judged = judge(script, { tests }, '2.39.5', [differs]);
  expect(judged).toEqual({ script, passed: 1, differs: 1, inapplicable: 0, surprises: [] });
});

const clone = test(2, 'clone', 'not ok', '\n+more\n');
it.each([
  ['that fails', [test(1, 'push', 'not ok'), clone], 'push): failed'],
  ['that is skipped', [test(1, 'push', 'skipped'), clone], 'push): was skipped'],
  ['that passes and should not', [test(2, 'clone', 'ok')], 'clone): passed, and is expected to fail: it says more'],
  ['that fails for another reason', [test(2, 'clone', 'not ok', '+less')], 'clone): failed for another reason'],
  ['that is expected and missing', [test(1, 'push', 'ok')], 'clone): there is no such test'],
])('a test %s is a surprise', (_, tests, surprise) => {
  expect(surprisesOf(...tests)).toEqual([expect.stringContaining(surprise)]);
});

it('another version of git may lack a test that is expected', () => {
  const { surprises } = judge(script, { tests: [test(1, 'push', 'ok')] }, '1:2.47.3-0+deb13u1', [differs]);
  expect(surprises).toEqual([]);
});

it('no test has two expectations', () => {
  const names = expected.map((one) => `${one.script} ${one.title}`);
  expect(new Set(names).size).toBe(names.length);
});
