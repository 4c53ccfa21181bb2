import { type Expectation, expected, expectedOf } from './expected.ts';
import type { ScriptResult, TestResult } from './results.ts';
import type { Script } from './scripts.ts';

export interface Judgement {
  readonly script: Script;
  readonly passed: number;
  readonly differs: number;
  readonly inapplicable: number;
  /** What is otherwise than expected. */
  readonly surprises: readonly string[];
}

/** Compares what a script did with what is expected of it. @param version of git */
export function judge(
  script: Script,
  { tests, problem }: ScriptResult,
  version: string,
  expectations: readonly Expectation[] = expected,
): Judgement {
  const ofScript = expectations.filter((one) => one.script === script);
  const expectationOf = (test: TestResult) => ofScript.find(({ title }) => title === test.title);
  const count = (kind: string) => tests.filter((test) => expectationOf(test)?.reason.kind === kind).length;
  const surprises = [
    ...(problem === undefined ? [] : [`${script}: ${problem}`]),
    ...tests.flatMap((test) => surpriseOf(script, test, expectationOf(test))),
    ...(version.includes(expectedOf) ? missing(ofScript, tests) : []),
  ];
  const passed = tests.filter((test) => test.result === 'ok' && !expectationOf(test)).length;
  return { script, passed, differs: count('differs'), inapplicable: count('inapplicable'), surprises };
}

function surpriseOf(script: Script, { number, title, result, output }: TestResult, as?: Expectation): string[] {
  const name = `${script} ${number} (${title})`;
  if (!as) {
    if (result === 'ok') return [];
    return [`${name}: ${result === 'skipped' ? 'was skipped' : 'failed'}, and is expected to pass\n${output}`];
  }
  if (result === 'ok') return [`${name}: passed, and is expected to fail: ${as.reason.why}`];
  if (result === 'skipped' || as.reason.shows === undefined || as.reason.shows.test(output)) return [];
  return [`${name}: failed for another reason than this: ${as.reason.why}\n${output}`];
}

function missing(ofScript: readonly Expectation[], tests: readonly TestResult[]): string[] {
  const others = ofScript.filter(({ title }) => !tests.some((test) => test.title === title));
  return others.map(({ script, number, title }) => `${script} ${number} (${title}): there is no such test`);
}

/** A table for people to read. */
export function table(judgements: readonly Judgement[]): string {
  const rows = judgements.map(
    ({ script, passed, differs, inapplicable }) => `| ${script} | ${passed} | ${differs} | ${inapplicable} |`,
  );
  return ['| script | passed | differs | does not apply |', '|---|---|---|---|', ...rows].join('\n');
}
