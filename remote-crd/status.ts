import { rfc3339 } from '../base/rfc3339.ts';
import { plain, shortId } from '../base/text.ts';
import { keyWords } from './authorized-keys.ts';
import type { Remote } from './remote.ts';
import type { RemoteEntry } from './remote-entry.ts';
import {
  type Condition,
  type KeyStatus,
  type PushStatus,
  type ReleaseStatus,
  type RemoteStatus,
  remoteStatus,
  type TaskStatus,
} from './status-schema.ts';
import { tasksIn } from './status-tasks.ts';

/** A push that is under way. */
export interface PushingFact {
  readonly id: string;
  readonly commit: string;
  readonly by: string;
}

/** Whether workloads run what the last release says. */
export interface InSyncFact {
  readonly status: Condition['status'];
  readonly reason: string;
  readonly message: string;
}

/** Whether the pods of the last release ran on after it. */
export type WatchedFact = InSyncFact;

/** What only the server knows. What it has not said yet stays as the status has it, so a restart loses nothing. */
export interface StatusFacts {
  readonly pushing?: PushingFact | undefined;
  /** The deploy branch once it is decided. */
  readonly branch?: string | undefined;
  /** Newest first. */
  readonly releases?: readonly ReleaseStatus[] | undefined;
  readonly lastPush?: PushStatus | undefined;
  /** `unreported`: nobody compares, so the status must not go on to say what was true once. */
  readonly inSync?: InSyncFact | 'unreported' | undefined;
  /** `unreported`: what runs is not watched. */
  readonly watched?: WatchedFact | 'unreported' | undefined;
  /** `unreported`: a release was made since. */
  readonly databaseAhead?: InSyncFact | 'unreported' | undefined;
  /** Of one deploy. */
  readonly tasks?: readonly TaskStatus[] | undefined;
}

/** Why there is no address to push to. */
export type AddressReason = 'NoLoadBalancerAddress' | 'NodeAddressUnknown' | 'NotExposed' | 'ServiceUnknown';

export interface RemoteUrl {
  /** Empty when there is none. */
  readonly url: string;
  /** Why there is no URL; else empty. */
  readonly description: string;
  readonly reason?: AddressReason;
}

export interface StatusInput {
  readonly entry: RemoteEntry;
  /** The status as it was last written. */
  readonly previous: unknown;
  readonly facts: StatusFacts;
  readonly remoteUrl: RemoteUrl;
  /** Whether the server has a registry for Remotes that name none. */
  readonly hasDefaultRegistry: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const shownReleases = 10;
const shownKeys = 100;
const shownProblems = 50;

/** The status of a Remote: a pure function of what is known. README.md says what the conditions mean. */
export function computeStatus({
  entry,
  previous,
  facts,
  remoteUrl,
  hasDefaultRegistry,
  now,
}: StatusInput): RemoteStatus {
  const before = readStatus(previous);
  const { remote } = entry;
  const releases = (facts.releases ?? before.releases ?? []).slice(0, shownReleases);
  const lastPush = facts.lastPush ?? before.lastPush;
  const branch = remote?.branch ?? facts.branch ?? before.branch;
  const current = releases[0];
  const inSync = judgeFact('InSync', facts.inSync, before.conditions);
  const drifted = inSync.some(({ status }) => status === 'False');
  const verdicts = [
    judgeReady(entry, hasDefaultRegistry, { current, lastPush, drifted }),
    ...inSync,
    ...judgeFact('Watched', facts.watched, before.conditions),
    ...judgeFact('DatabaseAhead', facts.databaseAhead, before.conditions),
    ...judgeAddress(remoteUrl),
    ...judgeStalled(entry, hasDefaultRegistry),
    ...judgeReconciling(facts.pushing),
    ...judgeWarnings(remote),
  ];
  const tasks = remote?.tasks.length === 0 ? [] : tasksIn(before.tasks, facts.tasks, lastPush);
  return {
    observedGeneration: entry.generation,
    conditions: verdicts.map((verdict) => makeCondition(verdict, entry.generation, before.conditions ?? [], now)),
    remoteUrl: remoteUrl.url,
    remoteUrlDesc: remoteUrl.description,
    ...(branch ? { branch } : {}),
    ...(current ? { release: current.number, releases } : {}),
    ...(remote ? { keys: listKeys(remote) } : {}),
    ...(lastPush ? { lastPush } : {}),
    ...(tasks.length > 0 ? { tasks } : {}),
  };
}

/** The parts of a status that are what they should be; others were written by hand or by another version. */
export function readStatus(status: unknown): Partial<RemoteStatus> {
  if (typeof status !== 'object' || status === null) return {};
  const fields = Object.entries(remoteStatus.shape).flatMap(([name, schema]) => {
    const parsed = schema.safeParse((status as Record<string, unknown>)[name]);
    return parsed.success && parsed.data !== undefined ? [[name, parsed.data]] : [];
  });
  return Object.fromEntries(fields) as Partial<RemoteStatus>;
}

interface Verdict {
  readonly type:
    | 'Ready'
    | 'InSync'
    | 'Watched'
    | 'DatabaseAhead'
    | 'Addressable'
    | 'Reconciling'
    | 'Stalled'
    | 'Warning';
  readonly status: Condition['status'];
  readonly reason: string;
  readonly message: string;
}

type Obstacle = Pick<Verdict, 'reason' | 'message'>;

/** What somebody has to change before any push can deploy. */
function findObstacle(entry: RemoteEntry, hasDefaultRegistry: boolean): Obstacle | undefined {
  const { remote, error } = entry;
  if (entry.deleting) return { reason: 'Deleting', message: 'the Remote is being deleted, its keys no longer work' };
  if (!remote) return { reason: 'RemoteInvalid', message: error?.message ?? 'the Remote is invalid' };
  const [problem] = remote.problems;
  if (problem !== undefined) return { reason: 'RemoteInvalid', message: problem };
  const builds = remote.deployments.some(({ containers }) => containers.length > 0);
  if (builds && !remote.registry && !hasDefaultRegistry) {
    return { reason: 'RegistryMissing', message: 'neither spec.registry.url nor the server names a registry' };
  }
  if (remote.keys.length > 0) return undefined;
  const [bad] = remote.keyProblems;
  const why = bad ? keyWords(bad) : 'spec.authorizedKeys is empty';
  return { reason: 'NoUsableKey', message: `nobody may push: ${why}` };
}

interface ReleasedFacts {
  readonly current: ReleaseStatus | undefined;
  readonly lastPush: PushStatus | undefined;
  readonly drifted: boolean;
}

function judgeReady(
  entry: RemoteEntry,
  hasDefaultRegistry: boolean,
  { current, lastPush, drifted }: ReleasedFacts,
): Verdict {
  const obstacle = findObstacle(entry, hasDefaultRegistry);
  if (obstacle) return { type: 'Ready', status: 'False', ...obstacle };
  if (lastPush?.reason === 'RollbackFailed') {
    return { type: 'Ready', status: 'False', reason: lastPush.reason, message: lastPush.message };
  }
  const failed = lastPush?.result === 'Failed' ? `; the last push failed: ${lastPush.message}` : '';
  if (!current) {
    return { type: 'Ready', status: 'True', reason: 'AwaitingFirstPush', message: `nothing was released yet${failed}` };
  }
  const runs = drifted ? 'was released last, and is not what runs' : 'runs';
  const message = `releases/${current.number} (${shortId(current.commit)}) ${runs}${failed}`;
  return { type: 'Ready', status: 'True', reason: 'Released', message };
}

/** Until it is known, what the status said before holds; before the first release it says nothing. */
function judgeFact(
  type: 'InSync' | 'Watched' | 'DatabaseAhead',
  reported: StatusFacts['inSync' | 'watched' | 'databaseAhead'],
  before: readonly Condition[] = [],
): Verdict[] {
  if (reported === 'unreported') return [];
  const fact = reported ?? before.find((condition) => condition.type === type);
  return fact ? [{ type, status: fact.status, reason: fact.reason, message: fact.message }] : [];
}

/** The Remote is ready all the same: users inside the cluster, or with another way to the server, can push. */
function judgeAddress({ url, description, reason }: RemoteUrl): Verdict[] {
  if (url !== '' || !reason) return [];
  return [{ type: 'Addressable', status: 'False', reason, message: description }];
}

function judgeStalled(entry: RemoteEntry, hasDefaultRegistry: boolean): Verdict[] {
  const obstacle = findObstacle(entry, hasDefaultRegistry);
  return obstacle ? [{ type: 'Stalled', status: 'True', ...obstacle }] : [];
}

function judgeReconciling(pushing: PushingFact | undefined): Verdict[] {
  if (!pushing) return [];
  const message = `push ${pushing.id} of ${shortId(pushing.commit)} by ${pushing.by}`;
  return [{ type: 'Reconciling', status: 'True', reason: 'Pushing', message }];
}

function judgeWarnings(remote: Remote | undefined): Verdict[] {
  const keys = remote && remote.keys.length > 0 ? remote.keyProblems : [];
  const warnings = [...(remote?.warnings ?? []), ...keys.map(keyWords)];
  if (warnings.length === 0) return [];
  return [{ type: 'Warning', status: 'True', reason: 'PartlyIgnored', message: warnings.join('; ') }];
}

/** lastTransitionTime is when `status` changed, not when the text did (metav1.Condition). */
function makeCondition(verdict: Verdict, generation: number, before: readonly Condition[], now: number): Condition {
  const known = before.find(({ type }) => type === verdict.type);
  const lastTransitionTime = known?.status === verdict.status ? known.lastTransitionTime : rfc3339(now);
  return { ...verdict, message: plain(verdict.message, 1000), observedGeneration: generation, lastTransitionTime };
}

function listKeys(remote: Remote): KeyStatus[] {
  const problems = remote.keyProblems.slice(0, shownProblems).map(({ line, problem }) => ({ line, problem }));
  const keys = remote.keys.slice(0, shownKeys - problems.length);
  return [...keys.map(({ type, fingerprint, comment }) => ({ type, fingerprint, comment })), ...problems];
}
