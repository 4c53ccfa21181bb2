/** Two ways to the same end, in turn A B A B …, so that a machine that drifts drifts for both; compared pair by pair. */
export interface Comparison {
  readonly name: string;
  readonly rival: string;
  /** Milliseconds of each run. */
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
}

export interface Contest {
  readonly name: string;
  readonly rival: string;
  readonly runs: number;
  /** Each is given the number of the run, from 0; run 0 is a warm-up and not counted. */
  readonly ours: (run: number) => Promise<void>;
  readonly theirs: (run: number) => Promise<void>;
  /** What is not to be timed. */
  readonly prepare?: (run: number) => Promise<void>;
}

export async function compare({ name, rival, runs, ours, theirs, prepare }: Contest): Promise<Comparison> {
  const times = { ours: [] as number[], theirs: [] as number[] };
  for (let run = 0; run <= runs; run++) {
    await prepare?.(run);
    const a = await timed(() => ours(run));
    const b = await timed(() => theirs(run));
    if (run === 0) continue;
    times.ours.push(a);
    times.theirs.push(b);
    process.stderr.write(`  ${name}, run ${run} of ${runs}: ${Math.round(a)} ms, ${rival} ${Math.round(b)} ms\n`);
  }
  return { name, rival, ...times };
}

/** Medians in milliseconds, the ratio ours/theirs as median (min–max). */
export function table(comparisons: readonly Comparison[]): string {
  const head = ['| what | against | Gitkube | other | ratio (min–max) |', '|---|---|---|---|---|'];
  return [...head, ...comparisons.map(row)].join('\n');
}

function row({ name, rival, ours, theirs }: Comparison): string {
  const ratios = ours.map((ms, i) => ms / (theirs[i] ?? Number.NaN));
  const cells = [
    name,
    rival,
    `${Math.round(median(ours))} ms`,
    `${Math.round(median(theirs))} ms`,
    `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
  ];
  return `| ${cells.join(' | ')} |`;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
