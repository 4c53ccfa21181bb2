import { duration } from '../../base/text.ts';

/** Where the steps of a rig are printed: whole lines, fit for a terminal and for the log of a CI run. */
export interface Progress {
  line(text: string): void;
  /** Runs `work`, then prints its name and how long it took. Throws what `work` throws, after it printed which step broke. */
  step<T>(name: string, work: () => Promise<T>): Promise<T>;
}

export function progressTo(write: (line: string) => void): Progress {
  return {
    line: write,
    async step(name, work) {
      const start = performance.now();
      try {
        const result = await work();
        write(`  ${name.padEnd(34)} ${duration(performance.now() - start)}`);
        return result;
      } catch (thrown) {
        write(`  ${name.padEnd(34)} failed after ${duration(performance.now() - start)}`);
        throw thrown;
      }
    },
  };
}

export const stderrProgress: Progress = progressTo((line) => process.stderr.write(`${line}\n`));
export const silentProgress: Progress = progressTo(() => undefined);
