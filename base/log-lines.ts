const maxLines = 20;
const maxErrors = 4;

const error =
  /\b(?:error|fatal|panic|exception|traceback|failed|failure|cannot|can't|could not|unable|denied|refused|undefined|no such|not found)\b|[a-z](?:Error|Exception)\b/i;

/** How many lines of a log to ask for, so that what went wrong is among them. */
export const askedLogLines = 200;

/** Whether a line of a log says that something went wrong. */
export function isErrorLine(line: string): boolean {
  return error.test(line);
}

/**
 * Of the log of something that failed, the lines that say why: the last ones, and before them what went wrong earlier, such as
 * the message above a long stack trace. A line that comes again and again is shown once.
 */
export function linesThatMatter(lines: readonly string[]): string[] {
  const folded = foldRepeats(lines);
  if (folded.length <= maxLines) return folded;
  const before = folded.slice(0, -(maxLines - maxErrors));
  const errors = before.flatMap((line, index) => (isErrorLine(line) ? [index] : []));
  if (errors.length === 0) return folded.slice(-maxLines);
  const half = maxErrors / 2;
  const shown = errors.length <= maxErrors ? errors : [...errors.slice(0, half), ...errors.slice(-half)];
  const early = shown.flatMap((index, at) => {
    const isNext = index === (at === 0 ? 0 : (shown[at - 1] ?? 0) + 1);
    return [...(isNext ? [] : ['…']), before[index] ?? ''];
  });
  const gap = shown.at(-1) === before.length - 1 ? [] : ['…'];
  return [...early, ...gap, ...folded.slice(before.length)];
}

function foldRepeats(lines: readonly string[]): string[] {
  const runs: { readonly line: string; times: number }[] = [];
  for (const line of lines) {
    const last = runs.at(-1);
    if (last?.line === line) last.times++;
    else runs.push({ line, times: 1 });
  }
  return runs.map(({ line, times }) => (times === 1 ? line : `${line} (${times} times)`));
}
