import { asGitkubeError, type GitkubeError } from '../../base/errors.ts';
import { backOffMs } from '../../base/retry.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { Remote, RemoteEntry } from '../../remote-crd/index.ts';
import { environmentOf } from '../deploys/environment.ts';
import { recoverOne } from '../deploys/recover.ts';
import { type SharedWith, sharedWith } from '../deploys/shared-workloads.ts';
import type { Release } from '../git/release.ts';
import type { Repository } from '../git/repository.ts';
import { lastRelease } from '../releases/last-release.ts';
import { compare } from './compare.ts';
import { type Drift, driftKey } from './drift.ts';
import { conditionOf, keyOf, reportedBefore } from './drift-report.ts';
import type { Finding } from './finding.ts';
import type { ReconcilerOptions } from './reconciler.ts';
import { repair } from './repair.ts';

export type DriftCheckOptions = ReconcilerOptions & { readonly signal: AbortSignal };

interface FailedRepair {
  /** Of the Remote and the drift that it was for: when it is another one, it is tried at once. */
  readonly key: string;
  readonly attempts: number;
  /** On the monotonic clock. */
  readonly dueAt: number;
  /** For people, on the wall clock. */
  readonly nextTryAt: number;
  readonly error: GitkubeError;
}

/** A broken image must not be rolled out again and again. */
const repairBackOff = { firstMs: 600_000, maxMs: 6 * 3_600_000 };
/** It may work in a moment. */
const transientBackOff = { firstMs: 30_000, maxMs: 600_000 };

/** Compares one Remote with its last release, and remembers what it has found. */
export class DriftCheck {
  readonly #options: DriftCheckOptions;
  #reported: string | undefined;
  #since: { readonly key: string; readonly at: number } | undefined;
  #failed: FailedRepair | undefined;
  /** When the status says since when it is not in sync: the server was started again. */
  #sinceBefore: number | undefined;

  constructor(options: DriftCheckOptions, entry: RemoteEntry) {
    this.#options = options;
    const before = reportedBefore(entry);
    this.#reported = before?.key;
    this.#sinceBefore = before?.since;
  }

  async at(entry: RemoteEntry): Promise<void> {
    try {
      await this.#at(entry);
    } catch (thrown) {
      if (this.#options.signal.aborted) return;
      this.#report(entry, { kind: 'unknown', error: asGitkubeError(thrown) });
    }
  }

  async #at(entry: RemoteEntry): Promise<void> {
    const { repositories, queue, deployer } = this.#options;
    // The push under way reports what runs; it is checked again after it.
    if (entry.deleting || entry.remote?.isOnlyEnvironments || queue.isBusy(environmentOf(entry))) return;
    const repository = await repositories.findOf(entry);
    const release = repository && lastRelease(await repository.history(), repository.environment);
    if (!repository || !release) return;
    if (!entry.remote) throw entry.error;
    // It only reads: an API server that does not answer does not delay the end of the server.
    const looking = compare(deployer, entry.remote, release, this.#rivals(entry.remote));
    const differences = await untilAborted(looking, this.#options.signal);
    if (differences.length === 0) return this.#inSync(entry, release);
    await this.#confirm(entry, entry.remote, repository);
  }

  /** What differs may be a push that has come since, so it is compared again while none can. */
  async #confirm(entry: RemoteEntry, remote: Remote, repository: Repository): Promise<void> {
    const { queue, deployer } = this.#options;
    const doing = 'a drift check to finish';
    const place = { environment: environmentOf(entry), doing, label: 'somebody else changed them' };
    const leave = queue.tryEnter(place);
    if (!leave) return;
    try {
      await recoverOne(this.#options, repository);
      const release = lastRelease(await repository.history(), repository.environment);
      if (!release) return;
      const differences = await compare(deployer, remote, release, this.#rivals(remote));
      if (differences.length === 0) return this.#inSync(entry, release);
      await this.#drifted(entry, remote, repository, {
        release,
        differences,
        since: this.#sinceWhen(release, differences),
      });
    } finally {
      leave();
    }
  }

  #rivals(remote: Remote): SharedWith {
    const { remotes } = this.#options;
    return sharedWith(
      remote,
      remotes.entries().flatMap((entry) => entry.remote ?? []),
    );
  }

  #inSync(entry: RemoteEntry, release: Release): void {
    this.#since = undefined;
    this.#sinceBefore = undefined;
    this.#failed = undefined;
    this.#report(entry, { kind: 'inSync', release });
  }

  async #drifted(entry: RemoteEntry, remote: Remote, repository: Repository, drift: Drift): Promise<void> {
    const { clock } = this.#options;
    if (!remote.reconcile) return this.#report(entry, { kind: 'drifted', drift });
    const key = `${remote.generation} ${driftKey(drift)}`;
    if (this.#failed?.key !== key) this.#failed = undefined;
    if (this.#failed && clock.monotonic() < this.#failed.dueAt) {
      return this.#report(entry, { kind: 'repairFailed', drift, ...this.#failed });
    }
    if (!this.#failed) this.#report(entry, { kind: 'drifted', drift });
    await this.#repair(entry, remote, repository, drift, key);
  }

  async #repair(entry: RemoteEntry, remote: Remote, repository: Repository, drift: Drift, key: string): Promise<void> {
    const { signal, clock } = this.#options;
    try {
      if (!(await repair(this.#options, { remote, repository, drift, signal }))) return;
      this.#failed = undefined;
      this.#since = undefined;
      this.#report(entry, { kind: 'repaired', drift });
    } catch (thrown) {
      if (signal.aborted) return;
      const error = asGitkubeError(thrown);
      const attempts = (this.#failed?.attempts ?? 0) + 1;
      const policy = error.kind === 'transient' ? transientBackOff : repairBackOff;
      const ms = backOffMs(policy, attempts, (this.#options.random ?? Math.random)());
      const nextTryAt = clock.now() + ms;
      this.#failed = { key, attempts, dueAt: clock.monotonic() + ms, nextTryAt, error };
      this.#report(entry, { kind: 'repairFailed', drift, error, nextTryAt });
    }
  }

  #sinceWhen(release: Release, differences: Drift['differences']): number {
    const key = driftKey({ release, differences });
    if (this.#since?.key !== key) {
      this.#since = { key, at: this.#sinceBefore ?? this.#options.clock.now() };
      this.#sinceBefore = undefined;
    }
    return this.#since.at;
  }

  #report(entry: RemoteEntry, finding: Finding): void {
    const key = keyOf(finding);
    const isNew = finding.kind === 'repaired' || key !== this.#reported;
    this.#reported = key;
    const level = isNew && finding.kind !== 'inSync' ? 'info' : 'debug';
    this.#options.log[level]({ remote: entry.id, ...conditionOf(finding) }, 'compared');
    this.#options.events.emit({ kind: 'driftChecked', entry, finding, isNew });
  }
}
