import { inventory, type PreparedManifests } from '../../applier/index.ts';
import type { BuiltImage } from '../../builder/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { PendingRelease } from '../git/pending-release.ts';
import type { Release, ReleaseRecord } from '../git/release.ts';
import type { PushContext } from './context.ts';
import { deployRelease, type ReleasedImage, workloadChanges } from './deploy-release.ts';
import { clearJournal, type JournalEntry, writeJournal } from './journal.ts';
import { imagesByDigest, putBackManifests, targetsOfOthers } from './manifests.ts';
import { makeRecord, releasedLine } from './record.ts';
import type { PushScope } from './scope.ts';

export interface ReleaseOrder extends PushScope {
  readonly remote: Remote;
  readonly branch: string;
  readonly commit: string;
  /** Where the branch is now. */
  readonly current: string | undefined;
  readonly images: readonly BuiltImage[];
  readonly manifests: PreparedManifests | undefined;
  /** When the push was received, on the monotonic clock, for the total. */
  readonly startedAt: number;
}

/** A rollout that succeeded and of which the refs do not tell yet. */
export interface RolledOut {
  readonly record: ReleaseRecord;
  readonly journal: JournalEntry;
  readonly pending: PendingRelease;
  /** What the pusher reads once it is true. */
  readonly line: string;
}

/**
 * The post-receive step: rolls all workloads out. When it throws, every workload is what it was; when it resolves, the
 * journal on disk knows how to undo it until `settle` or `undo`.
 */
export async function rollOut(context: PushContext, order: ReleaseOrder): Promise<RolledOut> {
  const { remote, repository, branch, commit, identity } = order;
  const history = await repository.releases();
  const number = (history[0]?.number ?? 0) + 1;
  const earlier = order.current === undefined ? undefined : history.find((release) => release.commit === commit);
  const how = earlier ? `rollback to releases/${earlier.number}` : 'push';
  const mark = {
    commit,
    release: number,
    pushedBy: identity.name,
    cause: `releases/${number}: ${how} by ${identity.name}`,
  };
  const changes = workloadChanges(remote, order.images.map(releasedImage));
  order.phases.begin('rollout');
  const startedAt = context.clock.monotonic();
  const { applier, deployer } = context;
  const prepared = order.manifests;
  const others = targetsOfOthers(context.remotes.all(), remote);
  const manifests = prepared && { applier, deployer, prepared, others, images: imagesByDigest(order.images) };
  const deploying = deployRelease(deployer, { ...order, changes, mark, manifests, say: order.page.say });
  deploying.catch(() => {});
  const [pending, { results, journal }] = await Promise.all([
    nextTurn().then(() => order.ending.use(repository.beginRelease())),
    deploying,
  ]);
  order.phases.begin('refs');
  const now = context.clock.now();
  const endedAt = context.clock.monotonic();
  const rolloutMs = endedAt - startedAt;
  const totalMs = endedAt - order.startedAt;
  const previous = history[0]?.number;
  const facts = { number, previous, remoteId: remote.id, branch, commit, how, identity, rolloutMs, totalMs, now };
  const objects = prepared && inventory(prepared);
  const record = makeRecord({ ...facts, deployments: remote.deployments, images: order.images, objects });
  return { record, journal, pending, line: releasedLine(record, results) };
}

/** Starting a process blocks for some milliseconds: the request to Kubernetes goes out before. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Moves the branch and makes the release tag, in one ref transaction; puts the workloads back when that fails. */
export async function settle(context: PushContext, order: ReleaseOrder, rolledOut: RolledOut): Promise<Release> {
  const { repository, page, signal, current } = order;
  const { record, pending, journal, line } = rolledOut;
  let release: Release;
  try {
    // The pusher is told what this decides, so git must still be there to tell it.
    signal.throwIfAborted();
    release = await repository.commitRelease(pending, record, current);
  } catch (error) {
    await undo(context, order, journal);
    throw error;
  }
  await finish(context, order, journal);
  page.stage(line);
  return release;
}

/** The release is true now: what it no longer has goes. A crash before that is made up for at the next start. */
async function finish({ applier }: PushContext, { repository, page }: ReleaseOrder, journal: JournalEntry) {
  if (journal.manifests) await applier.prune(journal.manifests, page.say);
  await clearJournal(repository.path);
}

/**
 * The same for a push from a shallow clone, whose refs only git can move: it has to write down where history ends (and
 * in receive-pack that is not possible in proc-receive). So the journal keeps the release until git has ended.
 * @returns a function for that moment; its result is undefined when git did not move the branch and all was put back
 */
export async function settleAfterGit(
  context: PushContext,
  order: ReleaseOrder,
  { record, pending, journal, line }: RolledOut,
): Promise<() => Promise<Release | undefined>> {
  const { repository, branch, commit, page } = order;
  await writeJournal(repository.path, { ...journal, record });
  page.stage(line);
  return async () => {
    if ((await repository.heads()).get(branch) !== commit) {
      await undo(context, order, journal);
      return undefined;
    }
    const release = await repository.commitRelease(pending, record, 'moved by git');
    await finish(context, order, journal);
    return release;
  };
}

async function undo(context: PushContext, order: ReleaseOrder, journal: JournalEntry): Promise<void> {
  await context.deployer.putBack(journal.snapshots, {
    say: order.page.say,
    expected: journal.expected,
    mark: journal.mark,
  });
  const options = { say: order.page.say, timeoutSeconds: order.remote.rolloutTimeoutSeconds };
  await putBackManifests(context, journal, options);
  await clearJournal(order.repository.path);
}

function releasedImage({ target, reference }: BuiltImage): ReleasedImage {
  return { deployment: target.deployment, container: target.container.name, image: reference };
}
