import type {
  Deployer,
  ReleaseMark,
  RolloutResult,
  Say,
  WorkloadChange,
  WorkloadSnapshot,
} from '../../deployer/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { Repository } from '../git/repository.ts';
import { clearJournal, type JournalEntry, writeJournal } from './journal.ts';

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
  /** Where the branch is now; equal to `commit` when no ref is to move. */
  readonly current: string | undefined;
  readonly changes: readonly WorkloadChange[];
  readonly mark: ReleaseMark;
  readonly signal: AbortSignal;
  readonly say: Say;
}

export interface Deployed {
  readonly results: readonly RolloutResult[];
  /** On disk until somebody settles it. */
  readonly journal: JournalEntry;
}

/**
 * Makes workloads match a release: what a push, a rollback and the repair of drift have in common. The journal is on
 * disk before the first patch. When it throws, every workload is what it was; when it resolves, the journal knows how to
 * undo it and is the caller's to clear.
 */
export async function deployRelease(deployer: Pick<Deployer, 'deploy'>, order: DeployOrder): Promise<Deployed> {
  const { remote, repository, branch, commit, current, changes, mark } = order;
  const expected = Object.fromEntries(changes.map(({ target, images }) => [target.name, { ...images }]));
  let journal: JournalEntry = { push: order.id, branch, commit, current, snapshots: [], expected, mark };
  const deploying = deployer.deploy({
    namespace: remote.namespace,
    changes,
    mark,
    timeoutSeconds: remote.rolloutTimeoutSeconds,
    signal: order.signal,
    say: order.say,
    beforePatch: async (snapshots) => {
      journal = { ...journal, snapshots: snapshots.map(copy) };
      await writeJournal(repository.path, journal);
    },
  });
  try {
    return { results: await deploying, journal };
  } catch (error) {
    // What could not be put back now is tried again before the next push, and at the next start.
    if ((error as { reason?: string }).reason !== 'PutBackFailed') await clearJournal(repository.path);
    throw error;
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
