import { residentMegabytes } from '../test/support/processes.ts';

/** Resident memory of a process above what it had when idle, sampled. */
export class MemoryGauge {
  /** Megabytes at the highest of all that was measured. */
  highest = 0;
  readonly #pid: number;
  #idle = 0;

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** It has nothing to do now. */
  idle(): void {
    this.#idle = residentMegabytes(this.#pid);
  }

  /** @returns megabytes above idle, in the order of time: the highest of each quarter of the work */
  async during(work: () => Promise<void>): Promise<readonly number[]> {
    const samples: number[] = [];
    const timer = setInterval(() => samples.push(residentMegabytes(this.#pid) - this.#idle), 50);
    await work().finally(() => clearInterval(timer));
    this.highest = Math.max(this.highest, ...samples);
    const size = Math.ceil(samples.length / 4);
    return [0, 1, 2, 3].map((quarter) => Math.max(...samples.slice(quarter * size, (quarter + 1) * size)));
  }
}
