const maxLines = 20;
const maxLast = 12;
const maxErrors = 4;

const error =
  /\b(?:error|fatal|panic|exception|traceback|failed|failure|cannot|can't|could not|unable|denied|refused|undefined|no such|not found)\b|[a-z](?:Error|Exception)\b/i;

/** How many lines of a log to ask for, so that what went wrong is among them. */
export const askedLogLines = 200;

/** Whether a line of a log says that something went wrong. */
export function isErrorLine(line: string): boolean {
  return error.test(line);
}

/** An error with its name, such as `main.c:7:3: error: …`, `AssertionError [ERR_ASSERTION]: …` or `panic: …`. */
const named = /(?:error|exception|panic|fatal)(?:\[\w+\]| \[?\w+\]?)?: *\S/i;

/**
 * The one line of a log that says best what went wrong: the first or the last one that names an error, else that speaks of
 * one. In a build what follows the first error comes of it; a program ends with its last one.
 * @returns undefined: none does
 */
export function lineOfError(lines: readonly string[], which: 'first' | 'last'): string | undefined {
  const at = which === 'first' ? 0 : -1;
  const found = lines.filter((line) => named.test(line)).at(at) ?? lines.filter(isErrorLine).at(at);
  return found === undefined ? undefined : saidBy(found);
}

/** The `first` line of a log, as above, of lines that come one by one: what has been found is not looked at again. */
export class FirstError {
  #line: string | undefined;
  #isNamed = false;

  /** @param shown what stands for the line */
  take(line: string, shown = line): void {
    if (this.#isNamed) return;
    this.#isNamed = named.test(line);
    if (this.#isNamed || (this.#line === undefined && isErrorLine(line))) this.#line = saidBy(shown);
  }

  get line(): string | undefined {
    return this.#line;
  }
}

function saidBy(line: string): string {
  return line.trim().replace(/:$/, '');
}

/**
 * Of the log of something that failed, the lines that say why: the last ones, and before them what went wrong earlier with
 * what follows it, such as the message above a long stack trace and the frames of the program's own code. A line that comes
 * again and again is shown once.
 */
export function linesThatMatter(lines: readonly string[]): string[] {
  const runs = foldRepeats(lines);
  if (runs.length <= maxLines) return runs.map(textOf);
  const full = runs.flatMap(({ line }, index) => (emptyField.test(line) ? [] : [index]));
  const isShown = new Set(full.length <= maxLines ? full : shownOf(full, runs));
  return runs.flatMap((run, index) => {
    if (isShown.has(index)) return [textOf(run)];
    return isShown.has(index + 1) ? gapBefore(index + 1, runs, isShown) : [];
  });
}

/** As node prints an error that has many fields, of which few are set: `  detail: undefined,` */
const emptyField = /^\s+\[?[\w$'"-]+\]?: undefined,?$/;

/** The last lines, and the errors before them, each with some lines that follow it. */
function shownOf(full: readonly number[], runs: readonly Run[]): number[] {
  const before = full.slice(0, -maxLast);
  const errors = before.flatMap((index, at) => (isErrorLine(runs[index]?.line ?? '') ? [at] : []));
  if (errors.length === 0) return full.slice(-maxLines);
  const half = maxErrors / 2;
  const chosen = errors.length <= maxErrors ? errors : [...errors.slice(0, half), ...errors.slice(-half)];
  const following = chosen.length > half ? 1 : 3;
  const early = chosen.flatMap((at) => before.slice(at, at + 1 + following));
  return [...early, ...full.slice(-maxLast)];
}

/** What stands for the lines that are left out before this one, but at the beginning: the log may have had more. */
function gapBefore(next: number, runs: readonly Run[], isShown: ReadonlySet<number>): string[] {
  let first = next;
  while (first > 0 && !isShown.has(first - 1)) first--;
  const gap = runs.slice(first, next);
  if (first === 0 || gap.every(({ line }) => emptyField.test(line))) return [];
  const count = gap.reduce((sum, { times }) => sum + times, 0);
  return [`… ${count} ${count === 1 ? 'line' : 'lines'} omitted`];
}

interface Run {
  readonly line: string;
  times: number;
}

function foldRepeats(lines: readonly string[]): Run[] {
  const runs: Run[] = [];
  for (const line of lines) {
    const last = runs.at(-1);
    if (last?.line === line) last.times++;
    else runs.push({ line, times: 1 });
  }
  return runs;
}

function textOf({ line, times }: Run): string {
  return times === 1 ? line : `${line} (${times} times)`;
}
