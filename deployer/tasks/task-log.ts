import type { Clock } from '../../base/clock.ts';
import { askedLogLines } from '../../base/log-lines.ts';
import type { Kube, V1Pod } from '../../kube/kube.ts';
import { podName } from '../pods/pods.ts';
import { statusOf } from './task-runs.ts';

interface LogParts {
  readonly kube: Pick<Kube, 'followPodLog'>;
  readonly clock: Clock;
  readonly namespace: string;
  readonly container: string;
  readonly onLine: (line: string) => void;
}

/** A log that has ended before its container has is read on after that. */
const againMs = 200;
/** What a container has printed last may come a moment after its end. */
const restMs = 5000;

/** What the pods of a task print, in the order in which they run. */
export class TaskLog {
  /** The last lines. */
  readonly lines: string[] = [];
  readonly #parts: LogParts;
  readonly #over = new AbortController();
  readonly #followed = new Map<string, Promise<void>>();
  readonly #ended = new Set<string>();

  constructor(parts: LogParts) {
    this.#parts = parts;
  }

  /** Follows the log of each pod whose container has begun, once. */
  see(pods: readonly V1Pod[]): void {
    for (const pod of pods) {
      const state = statusOf(pod, this.#parts.container)?.state;
      if (!state?.running && !state?.terminated) continue;
      const name = podName(pod);
      if (state.terminated) this.#ended.add(name);
      if (!this.#followed.has(name))
        this.#followed.set(
          name,
          this.#follow(name).catch(() => {}),
        );
    }
  }

  /** Resolves when all of it is there, or is late. */
  async end(): Promise<void> {
    const known = new AbortController();
    const late = this.#parts.clock.delay(restMs, known.signal).catch(() => {});
    await Promise.race([Promise.all(this.#followed.values()), late]);
    known.abort();
    this.stop();
  }

  stop(): void {
    this.#over.abort();
  }

  async #follow(pod: string): Promise<void> {
    const { clock } = this.#parts;
    const { signal } = this.#over;
    for (let seen = 0; ; await clock.delay(againMs, signal)) {
      const { lines, broke } = await this.#read(pod, seen);
      seen += lines;
      if (!broke && this.#ended.has(pod)) return;
    }
  }

  /** @param seen lines that are known already @returns how many are new */
  async #read(pod: string, seen: number): Promise<{ readonly lines: number; readonly broke: boolean }> {
    const { kube, namespace, container } = this.#parts;
    let at = 0;
    try {
      const options = { container, follow: true, previous: false };
      for await (const { text } of kube.followPodLog(namespace, pod, options, this.#over.signal)) {
        if (at++ >= seen) this.#take(text);
      }
      return { lines: Math.max(0, at - seen), broke: false };
    } catch {
      return { lines: Math.max(0, at - seen), broke: true };
    }
  }

  #take(line: string): void {
    this.lines.push(line);
    if (this.lines.length > askedLogLines) this.lines.shift();
    this.#parts.onLine(line);
  }
}
