import { type ImagesByWorkload, inventory, type PreparedManifests } from '../../applier/index.ts';
import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import type { BuiltImage } from '../../builder/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { PendingRelease } from '../git/pending-release.ts';
import type { History, Release, ReleaseRecord } from '../git/release.ts';
import { type Settled, settleRefs } from '../git/settle-refs.ts';
import type { PushSession } from '../receive/push-session.ts';
import { makeRecord, releasedLine } from '../releases/release-record.ts';
import type { PushContext } from './context.ts';
import { deployRelease, type ReleasedImage, workloadChanges } from './deploy-release.ts';
import { clearJournal, type JournalEntry, writeJournal } from './journal.ts';
import { imagesByDigest, targetsOfOthers } from './manifests.ts';
import { undoDeploy } from './undo.ts';

export interface ReleaseOrder extends PushSession {
  readonly remote: Remote;
  readonly branch: string;
  readonly commit: string;
  /** Where the branch is now. */
  readonly current: string | undefined;
  /** `push`, or the release that is brought back. */
  readonly how: string;
  readonly images: readonly BuiltImage[];
  readonly manifests: PreparedManifests | undefined;
  /** What the manifests name; unset: these images. */
  readonly manifestImages?: ImagesByWorkload;
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
  const { remote, repository, branch, commit, identity, how } = order;
  const { releases: history, unreadable, next: number } = await repository.history();
  for (const line of unreadableLines(history, unreadable)) order.page.say(line);
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
  const images = order.manifestImages ?? imagesByDigest(order.images);
  const manifests = prepared && { applier, deployer, prepared, others, images };
  const deploying = deployRelease(deployer, {
    ...order,
    makesRelease: true,
    changes,
    mark,
    manifests,
    say: order.page.say,
  });
  deploying.catch(() => {});
  const beginning = nextTurn().then(() => order.ending.use(repository.beginRelease()));
  beginning.catch(() => {});
  const { results, journal } = await deploying;
  order.phases.begin('refs');
  const endedAt = context.clock.monotonic();
  const rolloutMs = endedAt - startedAt;
  const totalMs = endedAt - order.startedAt;
  const now = context.clock.now();
  const previous = history[0]?.number;
  const facts = { number, previous, remoteId: remote.id, branch, commit, how, identity, rolloutMs, totalMs, now };
  const objects = prepared && inventory(prepared);
  const record = makeRecord({ ...facts, deployments: remote.deployments, images: order.images, objects });
  const pending = await beginning.catch(async (error) => {
    // Not a file descriptor may be left to start git with.
    await undo(context, order, journal);
    throw error;
  });
  return { record, journal, pending, line: releasedLine(record, results) };
}

/** What a pusher reads about release tags that are there and cannot be read. */
function unreadableLines(releases: History['releases'], unreadable: History['unreadable']): string[] {
  const newest = releases[0]?.number ?? 0;
  return unreadable
    .filter(({ number }) => number > newest)
    .map(({ number, why }) => `the tag releases/${number} cannot be read and is passed over: ${why}`);
}

/** Starting a process blocks for some milliseconds: the request to Kubernetes goes out before. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Makes the release tag and moves the branch; puts the workloads back when that fails. */
export async function settle(context: PushContext, order: ReleaseOrder, rolledOut: RolledOut): Promise<Release> {
  const { repository, page, signal, current } = order;
  const { record, pending, journal, line } = rolledOut;
  let release: Release;
  try {
    // The pusher is told what this decides, so git must still be there to tell it.
    signal.throwIfAborted();
    release = await repository.commitRelease(pending, record, current);
  } catch (error) {
    const { released } = await settleCutOff(context, order, journal);
    if (!released) {
      await undo(context, order, journal);
      throw error;
    }
    context.log.warn({ err: asGitkubeError(error) }, 'git was cut off while it wrote a release, which is completed');
    release = { number: record.release, commit: record.commit, record };
  }
  await finish(context, order, journal);
  page.stage(line);
  return release;
}

/** Completes or undoes what git has left of the refs. @throws GitFailed when neither is possible: the journal stays */
async function settleCutOff(
  { log }: PushContext,
  { repository }: ReleaseOrder,
  journal: JournalEntry,
): Promise<Settled> {
  const release = journal.mark.release;
  const settling = () => settleRefs(repository, { ...journal, release }, 1);
  try {
    // A git that was killed once is tried once more: what it has done by then is seen.
    const settled = await settling().catch(settling);
    if (settled.problem) log.warn({ err: settled.problem }, 'a release that git had begun could not be completed');
    return settled;
  } catch (cause) {
    const what = `releases/${release} is rolled out, and git could not write whether it is released`;
    throw new GitkubeError('GitFailed', `${what}: ${asGitkubeError(cause).message}`, {
      hint: 'push again: before it does anything else, Gitkube completes this release or restores what ran before',
      cause,
    });
  }
}

/**
 * The release is true now, whatever fails here: what it no longer has goes. What is left is done before the next push
 * of the Remote, and at the next start.
 */
async function finish({ applier, log }: PushContext, { repository, page }: ReleaseOrder, journal: JournalEntry) {
  try {
    if (journal.manifests) await applier.prune(journal.manifests, page.say);
    await clearJournal(repository.path);
  } catch (thrown) {
    log.error({ err: asGitkubeError(thrown), cause: thrown }, 'a release is not cleaned up yet');
  }
}

/**
 * The same for a push from a shallow clone, whose refs only git can move: it has to write down where history ends (and
 * in receive-pack that is not possible in proc-receive). So the journal keeps the release until git has ended.
 * @returns a function for that moment; its result is undefined when git did not move the branch and all was put back
 */
export async function settleAfterGit(
  context: PushContext,
  order: ReleaseOrder,
  { record, journal, line }: RolledOut,
): Promise<() => Promise<Release | undefined>> {
  const { repository, page } = order;
  const entry = { ...journal, record };
  try {
    await writeJournal(repository.path, entry);
  } catch (error) {
    await undo(context, order, journal);
    throw error;
  }
  page.stage(line);
  return async () => {
    const { released } = await settleCutOff(context, order, entry);
    if (!released) {
      await undo(context, order, journal);
      return undefined;
    }
    await finish(context, order, journal);
    return { number: record.release, commit: record.commit, record };
  };
}

async function undo(context: PushContext, order: ReleaseOrder, journal: JournalEntry): Promise<void> {
  const { page, remote, repository } = order;
  await undoDeploy(context, journal, { say: page.say, timeoutSeconds: remote.rolloutTimeoutSeconds });
  await clearJournal(repository.path).catch((thrown) =>
    context.log.error({ err: asGitkubeError(thrown), cause: thrown }, 'a journal is not cleared, and undone once more'),
  );
}

export function releasedImage({ target, reference }: BuiltImage): ReleasedImage {
  return { deployment: target.deployment, container: target.container.name, image: reference };
}
