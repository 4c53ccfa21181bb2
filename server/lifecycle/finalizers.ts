import type { Clock } from '../../base/clock.ts';
import { asGitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { backOffMs } from '../../base/retry.ts';
import type { JsonPatch, Kube } from '../../kube/kube.ts';
import type { RemoteEntry, Remotes } from '../../remote-crd/index.ts';

/** As long as a Remote has it, the API server keeps the Remote; so its repository is never without an owner. */
export const repositoryFinalizer = 'gitkube.sh/repository';

export interface FinalizersOptions {
  readonly kube: Pick<Kube, 'patchRemote'>;
  readonly remotes: Pick<Remotes, 'entry'>;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Which {
  readonly id: string;
  readonly uid: string;
}

const holdTries = 8;
const whenChanged = { firstMs: 200, maxMs: 5000 };

/** Puts the finalizer on Remotes and takes it off, and touches no finalizer of somebody else. */
export class Finalizers {
  readonly #options: FinalizersOptions;

  constructor(options: FinalizersOptions) {
    this.#options = options;
  }

  /** Never throws: without it a deleted Remote leaves an orphan, which is found, too. */
  async hold(which: Which, signal: AbortSignal): Promise<void> {
    try {
      await this.#patch(which, signal, holdTries, (entry) =>
        entry.deleting || entry.finalizers.includes(repositoryFinalizer) ? undefined : holdPatch(entry),
      );
    } catch (thrown) {
      const { reason, message } = asGitkubeError(thrown);
      if (!signal.aborted) this.#options.log.warn({ remote: which.id, reason, why: message }, 'no finalizer was set');
    }
  }

  /** Resolves when it is off, or the Remote is gone. */
  async release(which: Which, signal: AbortSignal): Promise<void> {
    await this.#patch(which, signal, Number.POSITIVE_INFINITY, (entry) => releasePatch(entry));
  }

  async #patch(
    { id, uid }: Which,
    signal: AbortSignal,
    tries: number,
    patchOf: (entry: RemoteEntry) => JsonPatch | undefined,
  ): Promise<void> {
    const { kube, remotes, clock } = this.#options;
    for (let attempt = 1; attempt <= tries; attempt++) {
      const entry = remotes.entry(id);
      const patch = entry?.uid === uid ? patchOf(entry) : undefined;
      if (!entry || !patch) return;
      if ((await kube.patchRemote(entry.namespace, entry.name, patch)) !== 'changed') return;
      // What the watch reports next is newer.
      await clock.delay(backOffMs(whenChanged, attempt, Math.random()), signal);
    }
  }
}

function holdPatch({ uid, finalizers, resourceVersion }: RemoteEntry): JsonPatch {
  // The version: somebody else may have added it, or a list where there was none, which `test` cannot say otherwise.
  return [
    { op: 'test', path: '/metadata/uid', value: uid },
    { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
    { op: 'add', path: '/metadata/finalizers', value: [...finalizers, repositoryFinalizer] },
  ];
}

function releasePatch({ uid, finalizers }: RemoteEntry): JsonPatch | undefined {
  const index = finalizers.indexOf(repositoryFinalizer);
  if (index < 0) return undefined;
  const path = `/metadata/finalizers/${index}`;
  return [
    { op: 'test', path: '/metadata/uid', value: uid },
    { op: 'test', path, value: repositoryFinalizer },
    { op: 'remove', path },
  ];
}
