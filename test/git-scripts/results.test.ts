import { expect, it } from 'vitest';
import { readResults } from './results.ts';

const printed = `expecting success of 1.1 'local'
ok 1 - local
# httpd after 1
expecting success of 1.2 'push (chunked)'
ok 2 - push (chunked)
+what differs
not ok 3 - clone
#	git clone
ok 4 # skip with a terminal (missing TTY)
1..4
`;

it('the tests after the start of the server are read, each with what it has printed', () => {
  const { tests, problem } = readResults(printed);
  expect(problem).toBeUndefined();
  expect(tests.map(({ number, title, result }) => [number, title, result])).toEqual([
    [2, 'push (chunked)', 'ok'],
    [3, 'clone', 'not ok'],
    [4, 'with a terminal', 'skipped'],
  ]);
  expect(tests[1]?.output).toBe('\n+what differs\nnot ok 3 - clone');
});

it.each([
  ['that broke off', printed.replace('1..4', ''), 'it broke off'],
  ['that has run fewer tests than it has', printed.replace('1..4', '1..5'), 'it has run 4 of 5 tests'],
  ['that has started no server', printed.replace(/^# httpd.*$/m, ''), 'no test of it has come to the server'],
  ['that was skipped', '1..0 # SKIP without curl', 'no test of it has come to the server'],
])('a script %s has a problem', (_, text, problem) => {
  expect(readResults(text).problem).toBe(problem);
});
