/** What became of one test of a script (Test Anything Protocol). */
export interface TestResult {
  readonly number: number;
  readonly title: string;
  readonly result: 'ok' | 'not ok' | 'skipped';
  /** All that was printed since the test before. */
  readonly output: string;
}

export interface ScriptResult {
  /** Of those that come after the start of the server, which are about HTTP. */
  readonly tests: readonly TestResult[];
  /** Why the script has not run to its end. */
  readonly problem?: string;
}

/** Reads what a script has printed with `-v`. */
export function readResults(printed: string): ScriptResult {
  const server = /^# httpd after (\d+)$/m.exec(printed);
  const plan = /^1\.\.(\d+)/m.exec(printed);
  const all = [...testsIn(printed)];
  const tests = all.filter(({ number }) => server && number > Number(server[1]));
  const problem = problemOf(all, plan, tests);
  return problem === undefined ? { tests } : { tests, problem };
}

function* testsIn(printed: string): Generator<TestResult> {
  let from = 0;
  for (const found of printed.matchAll(/^(ok|not ok) (\d+) (-|# skip) (.*)$/gm)) {
    const [line, ok, number, how, text = ''] = found;
    const to = found.index + line.length;
    const isSkipped = how === '# skip';
    // A test that git itself expects to fail has this behind its title.
    const title = text.replace(isSkipped ? / \([^()]*\)$/ : / # TODO .*$/, '');
    const result = isSkipped ? 'skipped' : (ok as 'ok' | 'not ok');
    yield { number: Number(number), title, result, output: printed.slice(from, to) };
    from = to;
  }
}

function problemOf(
  all: readonly TestResult[],
  plan: RegExpExecArray | null,
  tests: readonly TestResult[],
): string | undefined {
  if (!plan) return 'it broke off';
  if (Number(plan[1]) !== all.length) return `it has run ${all.length} of ${plan[1]} tests`;
  return tests.length === 0 ? 'no test of it has come to the server' : undefined;
}
