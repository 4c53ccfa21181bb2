import { again } from '../../base/again.ts';
import type { Clock } from '../../base/clock.ts';
import { GitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { rfc3339 } from '../../base/rfc3339.ts';
import { askServer } from '../../base/server-hints.ts';
import type { Kube } from '../../kube/index.ts';
import {
  type EventRecorder,
  lockAnnotations,
  lockWords,
  type Remote,
  type RemoteLock,
  type Remotes,
} from '../../remote-crd/index.ts';
import { type ChoiceParts, chooseRemote } from '../access/choose-remote.ts';
import { requireUnlocked } from '../access/lock.ts';
import { type Principal, principalIn } from '../access/principal.ts';
import type { RemoteName } from '../access/remote-name.ts';
import { requireOwnTarget } from '../deploys/own-target.ts';

export interface LockGatewayOptions extends Pick<ChoiceParts, 'access' | 'branches'> {
  readonly remotes: ChoiceParts['remotes'] & Pick<Remotes, 'entry' | 'onChange'>;
  readonly kube: Pick<Kube, 'annotateRemote'>;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const tries = 8;
/** Until the watch of Remotes brings what the API server has. */
const seenMs = 5000;

type Annotations = Readonly<Record<string, string | null>>;

/** Locks a Remote against deploys: the lock is in its annotations, so that a restart, and kubectl, see it. */
export class LockGateway {
  readonly #options: LockGatewayOptions;

  constructor(options: LockGatewayOptions) {
    this.#options = options;
  }

  /**
   * Resolves when this server refuses deploys to it.
   * @param name undefined: the only Remote of this key
   * @throws Locked when it is already; RemoteUnknown; ServedElsewhere; UsageInvalid; ObjectChanged
   */
  async lock(
    name: RemoteName | undefined,
    reason: string,
    principal: Principal,
  ): Promise<{ remote: string; lock: RemoteLock }> {
    const remote = await chooseRemote(this.#options, name, principal, 'lock');
    requireOwnTarget(remote);
    const by = principalIn(remote, principal).name;
    const at = rfc3339(this.#options.clock.now());
    const lock = { reason, by, at };
    const names = lockAnnotations(remote.environment);
    const annotations = { [names.reason]: reason, [names.by]: by, [names.at]: at };
    await this.#change(remote, annotations, requireUnlocked);
    this.#report(remote, 'Locked', lockWords(lock), principal);
    return { remote: remote.id, lock };
  }

  /** @returns the lock that it was @throws UsageInvalid when there is none; as `lock` */
  async unlock(name: RemoteName | undefined, principal: Principal): Promise<{ remote: string; lock: RemoteLock }> {
    const remote = await chooseRemote(this.#options, name, principal, 'lock');
    let lock: RemoteLock | undefined;
    const names = Object.values(lockAnnotations(remote.environment)).map((annotation) => [annotation, null] as const);
    await this.#change(remote, Object.fromEntries(names), (now) => {
      lock = now.lock;
      if (!lock)
        throw new GitkubeError('UsageInvalid', `${now.id} is not locked`, {
          hint: `to see that, type: ${askServer(`status ${now.id}`)}`,
        });
    });
    const by = principalIn(remote, principal).name;
    this.#report(remote, 'Unlocked', `unlocked by ${by}; it was ${lock ? lockWords(lock) : 'not locked'}`, principal);
    return { remote: remote.id, lock: lock ?? { reason: '' } };
  }

  /** @param fits throws when it makes no sense for the Remote as it is now */
  async #change(asked: Remote, annotations: Annotations, fits: (now: Remote) => void): Promise<void> {
    const { kube, remotes } = this.#options;
    for (let attempt = 1; attempt <= tries; attempt++) {
      const entry = remotes.entry(asked.id);
      if (!entry?.remote || entry.uid !== asked.uid) break;
      fits(entry.remote);
      const { namespace, name, resourceVersion } = entry;
      using next = this.#nextVersion(asked.id, resourceVersion);
      const result = await kube.annotateRemote(namespace, name, { resourceVersion, annotations });
      if (result === 'gone') break;
      await next.seen();
      if (result === 'patched') return;
    }
    throw new GitkubeError('ObjectChanged', `${asked.id} was changed or deleted at the same moment`, {
      hint: again,
    });
  }

  /** `seen` resolves when this server knows another version of it, or has waited long enough. */
  #nextVersion(id: string, version: string): Disposable & { readonly seen: () => Promise<void> } {
    const { remotes, clock } = this.#options;
    const { promise, resolve } = Promise.withResolvers<void>();
    const late = new AbortController();
    const off = remotes.onChange((change) => {
      if (change.id === id && change.entry?.resourceVersion !== version) resolve();
    });
    return {
      seen: () => {
        clock.delay(seenMs, late.signal).then(resolve, () => {});
        return promise;
      },
      [Symbol.dispose]: () => {
        late.abort();
        off();
      },
    };
  }

  #report(remote: Remote, reason: 'Locked' | 'Unlocked', message: string, { fingerprint: key }: Principal): void {
    const { events, log } = this.#options;
    events.record(remote, { reason, message });
    log.info(
      { remote: remote.id, key, message },
      reason === 'Locked' ? 'a Remote was locked' : 'a Remote was unlocked',
    );
  }
}
