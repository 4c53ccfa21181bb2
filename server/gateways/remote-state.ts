import { asGitkubeError } from '../../base/errors.ts';
import type { Deployer } from '../../deployer/index.ts';
import type { WorkloadId } from '../../kube/workload.ts';
import {
  type Condition,
  type Remote,
  type RemoteLock,
  type Remotes,
  readStatus,
  type TaskStatus,
} from '../../remote-crd/index.ts';
import type { Deploy } from '../deploys/deploy.ts';
import type { DeploysUnderWay } from '../deploys/deploys-under-way.ts';
import { comparedRelease } from '../drift/drift-report.ts';
import type { Release } from '../git/release.ts';
import type { Repositories } from '../git/repositories.ts';
import { databaseAhead, migrationsOf } from '../tasks/database-ahead.ts';
import { workloadsOf } from './workloads-of.ts';

export interface RemoteStateParts {
  readonly remotes: Pick<Remotes, 'entry'>;
  readonly repositories: Pick<Repositories, 'findOf'>;
  readonly deployer: Pick<Deployer, 'readyPods'>;
  readonly underWay: Pick<DeploysUnderWay, 'of'>;
}

/** What a Remote runs, and what is being done to it. */
export interface RemoteState {
  /** `<namespace>/<name>`, or `<namespace>/<name>/<environment>` */
  readonly remote: string;
  /** Null: nothing was released yet. */
  readonly runs: {
    readonly release: number;
    readonly branch: string;
    readonly commit: string;
    readonly at: string;
    readonly by: string;
    readonly how: string;
  } | null;
  /** Null: it deploys. `by` and `at` are missing from one that was set by hand. */
  readonly lock: RemoteLock | null;
  readonly workloads: readonly WorkloadState[];
  /** The condition InSync of the status; null: nothing was compared with what runs yet. */
  readonly drift: Pick<Condition, 'status' | 'reason' | 'message'> | null;
  /** As the condition DatabaseAhead says it; null: no migration has left anything behind. */
  readonly database: Pick<Condition, 'reason' | 'message'> | null;
  /** Those of the last deploy that had any, as the status has them. */
  readonly tasks: readonly TaskStatus[];
  /** The oldest first. */
  readonly underWay: readonly DeployState[];
  /** Those that have a name, in short. */
  readonly environments: readonly EnvironmentState[];
}

export interface EnvironmentState extends Pick<RemoteState, 'remote' | 'runs' | 'lock'> {
  /** The branch that deploys to it. */
  readonly branch: string;
}

/** Counts are missing where a workload has no pods of its own, or nobody knows. */
export interface WorkloadState {
  readonly kind: string;
  readonly name: string;
  readonly ready?: number;
  readonly wanted?: number;
  /** Why nobody knows. */
  readonly error?: string;
}

export interface DeployState {
  readonly id: string;
  /** Which version, and who asked for it. */
  readonly label: string;
  /** `queue`: it waits for its turn. */
  readonly phase: string;
  /** Since it began. */
  readonly seconds: number;
}

/** The state of a Remote now. What the cluster does not say in one try is missing from it, with the reason. */
export async function remoteState(parts: RemoteStateParts, remote: Remote): Promise<RemoteState> {
  const { remotes, repositories, underWay } = parts;
  const repository = await repositories.findOf(remote);
  // What ran before it had nothing but environments is theirs by now, or nobody's.
  const release = remote.isOnlyEnvironments ? undefined : (await repository?.releases())?.[0];
  const { conditions = [], tasks = [] } = readStatus(remotes.entry(remote.id)?.status);
  const ahead = repository && (await databaseAhead(repository, migrationsOf(remote)));
  return {
    remote: remote.id,
    runs: release ? runsOf(release) : null,
    lock: remote.lock ?? null,
    workloads: await Promise.all(workloadsOf(remote, release).map((id) => workloadState(parts, id))),
    drift: driftOf(conditions, release),
    database: ahead ? { reason: ahead.reason, message: ahead.message } : null,
    tasks,
    underWay: underWay.of(remote).map(stateOf),
    environments: await Promise.all(remote.environments.map((one) => inShort(parts, one))),
  };
}

async function inShort({ repositories }: RemoteStateParts, remote: Remote): Promise<EnvironmentState> {
  const { id, branch = '', lock = null } = remote;
  const repository = await repositories.findOf(remote);
  const release = (await repository?.releases())?.[0];
  return { remote: id, branch, runs: release ? runsOf(release) : null, lock };
}

function runsOf({ number: release, commit, record }: Release): RemoteState['runs'] {
  const { branch, at, how, by } = record;
  return { release, branch, commit, at, by: by.key, how };
}

/** The status follows a release, or a start of the server, a moment later. */
function driftOf(conditions: readonly Condition[], release: Release | undefined): RemoteState['drift'] {
  const inSync = conditions.find(({ type }) => type === 'InSync');
  if (!inSync) return null;
  const { status, reason, message } = inSync;
  const compared = comparedRelease(inSync);
  return compared === undefined || compared === release?.number ? { status, reason, message } : null;
}

async function workloadState({ deployer }: RemoteStateParts, id: WorkloadId): Promise<WorkloadState> {
  const { kind, name } = id;
  const pods = await deployer.readyPods(id).catch(asGitkubeError);
  return pods instanceof Error ? { kind, name, error: pods.message } : { kind, name, ...pods };
}

function stateOf({ id, label, session: { phases } }: Deploy): DeployState {
  const ms = Object.values(phases.durations).reduce((sum, one) => sum + one, 0);
  return { id, label, phase: phases.current, seconds: Math.round(ms) / 1000 };
}
