import { duration } from '../../base/text.ts';
import type { BuiltImage } from '../../builder/index.ts';
import type { RolloutResult, WorkloadChange, WorkloadSnapshot } from '../../deployer/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { Release, ReleaseRecord } from '../git/release.ts';
import type { Repository } from '../git/repository.ts';
import type { Identity } from '../ssh/auth.ts';
import type { PushContext } from './context.ts';
import { clearJournal, writeJournal } from './journal.ts';
import type { Page } from './page.ts';

export interface ReleaseOrder {
  readonly pushId: string;
  readonly remote: Remote;
  readonly repository: Repository;
  readonly branch: string;
  readonly commit: string;
  /** Where the branch is now. */
  readonly current: string | undefined;
  readonly images: readonly BuiltImage[];
  readonly identity: Identity;
  /** When the push was received, for the total. */
  readonly startedAt: number;
  readonly page: Page;
  readonly signal: AbortSignal;
}

/**
 * The post-receive step: rolls all workloads out, then moves the branch and makes the release tag in one ref
 * transaction. Whatever fails, the workloads are what they were and the branch is where it was.
 */
export async function release(context: PushContext, order: ReleaseOrder): Promise<Release> {
  const { remote, repository, signal } = order;
  const history = await repository.releases();
  const number = (history[0]?.number ?? 0) + 1;
  const earlier = order.current === undefined ? undefined : history.find(({ commit }) => commit === order.commit);
  const how = earlier ? `rollback to releases/${earlier.number}` : 'push';

  const rolloutStarted = context.clock.now();
  const changes = workloadChanges(remote, order.images);
  let before: readonly WorkloadSnapshot[] = [];
  const results = await context.deployer.deploy({
    namespace: remote.namespace,
    changes,
    mark: { commit: order.commit, release: number, pushedBy: order.identity.name, cause: cause(number, order, how) },
    timeoutSeconds: remote.rolloutTimeoutSeconds,
    signal,
    say: order.page.say,
    beforePatch: async (snapshots) => {
      before = snapshots;
      const { pushId: push, branch, commit } = order;
      await writeJournal(repository.path, { push, branch, commit, snapshots: [...snapshots], expected: expectedImages(changes) });
    },
  });
  const rolloutMs = context.clock.now() - rolloutStarted;

  const record = makeRecord(context, order, { number, previous: history[0]?.number, how, rolloutMs });
  try {
    // The pusher is told what this decides, so git must still be there to tell it.
    signal.throwIfAborted();
    await repository.commitRelease(order.branch, order.current, order.commit, record);
  } catch (error) {
    await context.deployer.putBack(before, { say: order.page.say, expected: expectedImages(changes) });
    await clearJournal(repository.path);
    throw error;
  }
  await clearJournal(repository.path);
  sayReleased(order, record, results);
  return { number, commit: order.commit, record };
}

function workloadChanges(remote: Remote, images: readonly BuiltImage[]): WorkloadChange[] {
  return remote.deployments.map((target) => ({
    target,
    images: Object.fromEntries(
      images
        .filter((image) => image.target.deployment === target.name)
        .map((image) => [image.target.container.name, image.reference]),
    ),
  }));
}

function expectedImages(changes: readonly WorkloadChange[]): Record<string, Readonly<Record<string, string>>> {
  return Object.fromEntries(changes.map(({ target, images }) => [target.name, images]));
}

function cause(number: number, order: ReleaseOrder, how: string): string {
  return `releases/${number}: ${how} of ${order.commit.slice(0, 7)} by ${order.identity.name}`;
}

function makeRecord(
  context: PushContext,
  order: ReleaseOrder,
  facts: { number: number; previous: number | undefined; how: string; rolloutMs: number },
): ReleaseRecord {
  const seconds = (ms: number) => Math.round(ms / 10) / 100;
  const longest = (pick: (image: BuiltImage) => number) => Math.max(0, ...order.images.map(pick));
  const now = context.clock.now();
  return {
    release: facts.number,
    remote: order.remote.id,
    branch: order.branch,
    commit: order.commit,
    ...(facts.previous !== undefined && { previous: facts.previous }),
    how: facts.how,
    by: { key: order.identity.name, fingerprint: order.identity.fingerprint },
    at: new Date(now).toISOString(),
    images: order.images.map((image) => ({
      deployment: image.target.deployment,
      container: image.target.container.name,
      image: image.reference,
      buildKey: image.buildKey,
      built: image.built,
    })),
    seconds: {
      build: seconds(longest((image) => image.buildMs)),
      push: seconds(longest((image) => image.pushMs)),
      rollout: seconds(facts.rolloutMs),
      total: seconds(now - order.startedAt),
    },
  };
}

function sayReleased(order: ReleaseOrder, record: ReleaseRecord, results: readonly RolloutResult[]): void {
  const { seconds } = record;
  const unchanged = results.length > 0 && results.every(({ changed }) => !changed);
  const parts = [
    `build ${duration(seconds.build * 1000)}`,
    `push ${duration(seconds.push * 1000)}`,
    unchanged ? 'nothing to roll out' : `rollout ${duration(seconds.rollout * 1000)}`,
  ];
  order.page.stage(
    `Released releases/${record.release}: ${record.branch} ${record.commit.slice(0, 7)} runs after ` +
      `${duration(seconds.total * 1000)} (${parts.join(', ')})`,
  );
}
