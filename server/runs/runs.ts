import { randomBytes } from 'node:crypto';
import { again } from '../../base/again.ts';
import { GitkubeError } from '../../base/errors.ts';
import { count, plain } from '../../base/text.ts';
import type { ContainerEnd } from '../../deployer/index.ts';
import { type Remote, remoteIdOf } from '../../remote-crd/index.ts';
import { sweepRegularly } from '../sweep-regularly.ts';
import type { RunClient } from './client.ts';
import { type RunParts, type RunRequest, runOnce } from './one-run.ts';
import { sweepPods } from './sweep.ts';

/** Each holds memory of a node, and a connection to the API server. */
const maxOfRemote = 5;

/** How long a stop waits for an API server that does not answer. */
const deletionMs = 3000;

/** The client has typed Ctrl-C before there was a command. */
export class Interrupted extends Error {}

/** The command has had its time. */
export class TimeOver extends Error {}

/** All runs of this server: how many there are, and that no pod outlives its connection. */
export class Runs implements AsyncDisposable {
  readonly #parts: RunParts;
  readonly #running = new Map<Promise<unknown>, string>();
  readonly #closed = new AbortController();

  constructor(parts: Omit<RunParts, 'instance' | 'inUse'>) {
    this.#parts = { ...parts, instance: randomBytes(4).toString('hex'), inUse: new Set() };
  }

  /**
   * Resolves at the end of the command, when its pod is being deleted.
   * @param over ends it with its reason
   * @throws ServerBusy; ShuttingDown; Interrupted; TimeOver; why it was not run
   */
  async run(request: RunRequest, client: RunClient, over: AbortSignal): Promise<ContainerEnd> {
    const id = remoteIdOf(request.remote);
    this.#closed.signal.throwIfAborted();
    const others = [...this.#running.values()].filter((one) => one === id).length;
    if (others >= maxOfRemote) throw tooMany(id, others);
    const running = this.#run(request, client, over);
    this.#running.set(running, id);
    return running.finally(() => this.#running.delete(running));
  }

  /** Deletes pods of runs that were cut off, now and regularly. @param remotes those that this server serves by then */
  start(remotes: () => readonly Remote[]): void {
    const sweep = () => sweepPods(this.#parts, remotes());
    void sweepRegularly(sweep, this.#parts.clock, this.#closed.signal);
  }

  /** Ends all of them, and waits until their pods are deleted. Those that an API server does not delete the next start does. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(stopping());
    const late = new AbortController();
    const limit = this.#parts.clock.delay(deletionMs, late.signal).catch(() => {});
    await Promise.race([Promise.allSettled(this.#running.keys()), limit]);
    late.abort();
  }

  async #run(request: RunRequest, client: RunClient, over: AbortSignal): Promise<ContainerEnd> {
    const { clock } = this.#parts;
    const own = new AbortController();
    const done = new AbortController();
    clock.delay(request.timeoutSeconds * 1000, done.signal).then(
      () => own.abort(new TimeOver()),
      () => {},
    );
    const signal = AbortSignal.any([client.left, over, own.signal, this.#closed.signal]);
    const interrupted = () => own.abort(new Interrupted());
    try {
      return await runOnce(this.#parts, request, client, { signal, interrupted });
    } finally {
      done.abort();
    }
  }
}

function stopping(): GitkubeError {
  return new GitkubeError('ShuttingDown', 'the server is restarting', { hint: 'run it again in a moment' });
}

function tooMany(id: string, others: number): GitkubeError {
  return new GitkubeError('ServerBusy', `${count(others, 'run')} of ${plain(id)} are under way, which is the limit`, {
    hint: `${again} when one of them has ended`,
  });
}
