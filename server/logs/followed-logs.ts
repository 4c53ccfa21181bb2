import { BoundedQueue } from '../../base/bounded-queue.ts';
import { asGitkubeError } from '../../base/errors.ts';
import type { V1Pod, Watch } from '../../kube/index.ts';
import { Refusals } from '../../kube/refusals.ts';
import { lineOf, noteOf } from './lines.ts';
import type { LogsParts, LogsWish, PodsOfOne } from './pod-logs.ts';
import { type Run, runsOf } from './runs.ts';

/** More than anybody reads at once; each one is a connection to the API server. */
const maxAtOnce = 50;
/** Of up to 8 KiB each: what a reader that stands still holds in memory. */
const maxLines = 128;
/** Before the log of a container that still runs is asked for again. */
const againMs = 1000;

/** What comes, of all containers at once, until the signal: also of pods that begin later. */
export async function* followedLogs(
  parts: LogsParts,
  pods: readonly PodsOfOne[],
  wish: LogsWish,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const stop = new AbortController();
  const follower = new Follower(parts, wish, AbortSignal.any([signal, stop.signal]));
  const end = () => follower.queue.end();
  signal.addEventListener('abort', end, { once: true });
  try {
    if (signal.aborted) return;
    const watches = pods.map((one) => follower.watch(one));
    void Promise.all(watches.map(({ synced }) => synced)).then(
      () => follower.started(),
      () => {},
    );
    yield* follower.queue.read();
  } finally {
    signal.removeEventListener('abort', end);
    stop.abort();
    await follower.ended();
  }
}

class Follower {
  readonly queue = new BoundedQueue<string>(maxLines);
  readonly #kube: LogsParts['kube'];
  readonly #clock: LogsParts['clock'];
  readonly #wish: LogsWish;
  readonly #signal: AbortSignal;
  readonly #watches: Watch<V1Pod>[] = [];
  /** By the key of the run; those that have ended stay, until their pod is gone. */
  readonly #known = new Map<string, Promise<void>>();
  #active = 0;
  #hasStarted = false;
  #isFull = false;

  constructor({ kube, clock }: LogsParts, wish: LogsWish, signal: AbortSignal) {
    this.#kube = kube;
    this.#clock = clock;
    this.#wish = wish;
    this.#signal = signal;
  }

  watch({ namespace, labelSelector, isOwn }: PodsOfOne): Watch<V1Pod> {
    const refusals = new Refusals(this.#clock);
    const handler = {
      upsert: (pod: V1Pod) => {
        if (isOwn(pod)) this.#look(namespace, pod, watch);
      },
      remove: (pod: V1Pod) => this.#forget(pod),
      refused: (error: Error) => {
        if (refusals.add(watch.healthy)) this.queue.end(error);
      },
    };
    const collection = { path: `/api/v1/namespaces/${namespace}/pods`, labelSelector };
    const watch: Watch<V1Pod> = this.#kube.watch<V1Pod>(collection, handler, this.#signal);
    this.#watches.push(watch);
    return watch;
  }

  /** All pods that were there were seen: those that come are new. */
  started(): void {
    this.#hasStarted = true;
    if (this.#known.size === 0) void this.queue.put(noteOf('no container has started yet'));
  }

  async ended(): Promise<void> {
    await Promise.all(this.#watches.map((watch) => watch[Symbol.asyncDispose]()));
    await Promise.allSettled(this.#known.values());
  }

  #look(namespace: string, pod: V1Pod, watch: Watch<V1Pod>): void {
    for (const run of runsOf(pod, this.#wish.container)) {
      if (this.#known.has(run.key)) continue;
      if (this.#active >= maxAtOnce) {
        if (!this.#isFull)
          void this.queue.put(noteOf(`only ${maxAtOnce} containers are followed at once: choose one with -c`));
        this.#isFull = true;
        return;
      }
      this.#active++;
      const following = this.#follow(namespace, run, () => this.#stateOf(watch, pod, run)).catch((thrown: unknown) => {
        if (!this.#signal.aborted) this.queue.end(asGitkubeError(thrown));
      });
      this.#known.set(
        run.key,
        following.finally(() => this.#active--),
      );
    }
  }

  #forget({ metadata }: V1Pod): void {
    for (const key of this.#known.keys()) if (key.startsWith(`${metadata?.uid} `)) this.#known.delete(key);
  }

  async #follow(namespace: string, run: Run, stateNow: () => string | undefined): Promise<void> {
    const { tailLines, sinceSeconds } = this.#wish;
    const isNew = this.#hasStarted;
    const where = `${run.pod}/${run.container}`;
    if (isNew) await this.queue.put(noteOf(`${where}: started`));
    const first = isNew ? {} : { tailLines, sinceSeconds };
    let last: string | undefined;
    for (;;) {
      const from = last === undefined ? first : { sinceTime: last };
      last = await this.#read(namespace, run, from, last);
      // It had ended before anybody asked.
      if (run.ended !== undefined && !isNew) return;
      // Its pod says so a moment after its log has ended.
      await this.#clock.delay(againMs, this.#signal);
      const ended = stateNow();
      if (ended !== undefined) return this.queue.put(noteOf(`${where}: ended (${ended})`));
    }
  }

  /** @param after lines up to this time were read already @returns the time of the last line */
  async #read(namespace: string, run: Run, from: object, after: string | undefined): Promise<string | undefined> {
    const options = { container: run.container, follow: true, previous: false, ...from };
    let last = after;
    try {
      for await (const line of this.#kube.followPodLog(namespace, run.pod, options, this.#signal)) {
        this.#signal.throwIfAborted();
        if (after !== undefined && line.at !== undefined && line.at <= after) continue;
        last = line.at ?? last;
        await this.queue.put(lineOf(run, line));
      }
    } catch (thrown) {
      // One that breaks off goes on; a right that is missing does not come.
      if (asGitkubeError(thrown).kind !== 'transient') throw thrown;
    }
    return last;
  }

  /** How a run has ended; undefined: it has not. */
  #stateOf(watch: Watch<V1Pod>, { metadata }: V1Pod, run: Run): string | undefined {
    const now = watch.objects.get(`${metadata?.namespace}/${metadata?.name}`);
    if (now?.metadata?.uid !== metadata?.uid || !now) return 'its pod is gone';
    const same = runsOf(now, run.container).find(({ key }) => key === run.key);
    return same ? same.ended : 'restarted';
  }
}
