import { randomInt } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { eventually } from './eventually.ts';
import { commandOf } from './processes.ts';

/**
 * A step of a Dockerfile that lasts until it is let go, however busy the machine is: what a test does meanwhile it does
 * during the build. The engine under test is on this machine, so the step is a process here.
 */
export class HeldStep implements Disposable {
  /** Never the same, so that no cache knows it. */
  readonly #sleep = `/bin/sleep ${1_000_000 + randomInt(1_000_000_000)}`;

  get instruction(): string {
    return `RUN ${this.#sleep} || true`;
  }

  /** Resolves when the step runs. */
  async runs(): Promise<void> {
    await eventually(async () => this.#processes().length > 0, 60_000);
  }

  letGo(): void {
    for (const pid of this.#processes()) process.kill(pid, 'SIGTERM');
  }

  /** One that a failed test leaves would keep a place of the engine for ever. */
  [Symbol.dispose](): void {
    this.letGo();
  }

  #processes(): number[] {
    const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
    return pids.filter((pid) => commandOf(pid) === this.#sleep).map(Number);
  }
}
