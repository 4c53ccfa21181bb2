import type { Applier, ImagesByWorkload, PreparedManifests } from '../../applier/index.ts';
import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import type {
  Companion,
  Deployer,
  ReleaseMark,
  RolloutResult,
  Say,
  WorkloadChange,
  WorkloadSnapshot,
} from '../../deployer/index.ts';
import type { DeploymentTarget, Remote } from '../../remote-crd/index.ts';
import type { Repository } from '../git/repository.ts';
import { clearJournal, type JournalEntry, writeJournal } from './journal.ts';
import { changesAfter, companionOf, putBackManifests, targetsBefore } from './manifests.ts';

/** One container of a release. */
export interface ReleasedImage {
  readonly deployment: string;
  readonly container: string;
  /** By digest. */
  readonly image: string;
}

export interface DeployOrder {
  /** Of the push or the repair, for journal and log. */
  readonly id: string;
  readonly remote: Remote;
  readonly repository: Repository;
  readonly branch: string;
  readonly commit: string;
  /** Where the branch is now. */
  readonly current: string | undefined;
  /** False: a repair, which writes no ref. */
  readonly makesRelease: boolean;
  readonly changes: readonly WorkloadChange[];
  readonly mark: ReleaseMark;
  /** What is applied before the workloads are rolled out. */
  readonly manifests?: ManifestsStep | undefined;
  readonly signal: AbortSignal;
  readonly say: Say;
}

export interface ManifestsStep {
  readonly applier: Applier;
  readonly deployer: Pick<Deployer, 'inspect' | 'waitUntilBack'>;
  readonly prepared: PreparedManifests;
  /** Workloads that other Remotes deploy: this one does not wait for them. */
  readonly others: readonly DeploymentTarget[];
  /** By digest. */
  readonly images: ImagesByWorkload;
}

export interface Deployed {
  readonly results: readonly RolloutResult[];
  /** On disk until somebody settles it. */
  readonly journal: JournalEntry;
}

/**
 * Makes workloads match a release: what a push, a rollback and the repair of drift have in common. The journal is on
 * disk before anything is changed. When it throws, everything is what it was; when it resolves, the journal knows how to
 * undo it and is the caller's to clear.
 */
export async function deployRelease(deployer: Pick<Deployer, 'deploy'>, order: DeployOrder): Promise<Deployed> {
  const { remote, repository, branch, commit, current, makesRelease, mark } = order;
  const refs = { branch, commit, current, makesRelease };
  let journal: JournalEntry = { push: order.id, ...refs, snapshots: [], expected: {}, mark };
  const keep = async (known: Partial<JournalEntry>) => {
    journal = { ...journal, ...known };
    await writeJournal(repository.path, journal);
  };
  try {
    const { changes, companion } = await applyManifests(order, keep);
    const expected = Object.fromEntries(changes.map(({ target, images }) => [target.name, { ...images }]));
    journal = { ...journal, expected };
    const results = await deployer.deploy({
      namespace: remote.namespace,
      changes,
      companion,
      mark,
      timeoutSeconds: remote.rolloutTimeoutSeconds,
      signal: order.signal,
      say: order.say,
      beforePatch: (snapshots) => keep({ snapshots: snapshots.map(copy) }),
    });
    return { results, journal };
  } catch (thrown) {
    const error = await putBackAfter(asGitkubeError(thrown), journal, order);
    // What could not be put back now is tried again before the next push, and at the next start.
    if (!leavesWork(error)) await clearJournal(repository.path).catch(() => order.say(notCleared));
    throw error;
  }
}

/** The journal is what says so to the next push and the next server. */
function leavesWork({ reason }: GitkubeError): boolean {
  return reason === 'PutBackFailed' || reason === 'RestoreUnfinished';
}

const notCleared = 'the journal of this rollout could not be deleted: the next push undoes it once more';

/** What the deployer is to do once the manifests are applied. */
async function applyManifests(
  { manifests, remote, changes, signal, say }: DeployOrder,
  keep: (known: Partial<JournalEntry>) => Promise<void>,
): Promise<{ readonly changes: readonly WorkloadChange[]; readonly companion?: Companion }> {
  if (!manifests) return { changes };
  const { applier, deployer, prepared, others, images } = manifests;
  const before = await deployer.inspect(remote.namespace, targetsBefore(remote, prepared, others));
  const applied = await applier.apply(prepared, {
    images,
    beforeApply: (entry) => keep({ before: before.map(copy), manifests: entry }),
    signal,
    say,
  });
  const rollouts = changesAfter(remote, changes, prepared, others, applied);
  const options = { changes: rollouts, others, timeoutSeconds: remote.rolloutTimeoutSeconds, say };
  return { changes: rollouts, companion: companionOf(applier, prepared, applied, options) };
}

/** The deployer has put back what it changed; the objects of the manifests are left. */
async function putBackAfter(
  failure: GitkubeError,
  journal: JournalEntry,
  { manifests, remote, say }: DeployOrder,
): Promise<GitkubeError> {
  if (!manifests || !journal.manifests) return failure;
  const options = { say, timeoutSeconds: remote.rolloutTimeoutSeconds };
  try {
    await putBackManifests(manifests, journal, options);
    return failure;
  } catch (thrown) {
    const { reason, message, hint, cause } = asGitkubeError(thrown);
    const evidence = [...failure.evidence, ...failure.hint];
    const told = reason === 'RestoreUnfinished' ? reason : 'PutBackFailed';
    return new GitkubeError(told, `${failure.message}; ${message}`, { hint, evidence, cause });
  }
}

/** What each workload of a Remote shall run; a container without an image is left alone. */
export function workloadChanges(remote: Remote, images: readonly ReleasedImage[]): WorkloadChange[] {
  return remote.deployments.map((target) => {
    const named = new Set(target.containers.map(({ name }) => name));
    const own = images.filter(({ deployment, container }) => deployment === target.name && named.has(container));
    return { target, images: Object.fromEntries(own.map(({ container, image }) => [container, image])) };
  });
}

function copy(snapshot: WorkloadSnapshot): JournalEntry['snapshots'][number] {
  return {
    ...snapshot,
    images: { ...snapshot.images },
    annotations: { ...snapshot.annotations },
    wasReady: snapshot.wasReady ?? false,
  };
}
