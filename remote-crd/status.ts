import type { Remote } from './remote.ts';
import { statusOf } from './status-environments.ts';
import type { Known, RemoteUrl } from './status-facts.ts';
import { type Condition, type KeyStatus, type RemoteStatus, remoteStatus } from './status-schema.ts';
import { tasksIn } from './status-tasks.ts';
import { tokensIn } from './status-tokens.ts';
import {
  findObstacle,
  judgeAddress,
  judgeEnvironments,
  judgeFact,
  judgeReady,
  judgeReconciling,
  judgeStalled,
  judgeWarnings,
  makeCondition,
  type Verdict,
  warningsOf,
} from './status-verdicts.ts';

export interface StatusInput extends Known {
  /** Those that have a name. */
  readonly environments?: readonly Known[];
  /** The status as it was last written. */
  readonly previous: unknown;
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
export function computeStatus(input: StatusInput): RemoteStatus {
  const { entry, previous, remoteUrl, environments: known = [] } = input;
  const { remote } = entry;
  const reports = known.map((one) => ({
    name: one.entry.environment,
    ...reportOf(one, { ...input, previous: statusOf(previous, one.entry.environment) }),
  }));
  // Which they are is not known of a Remote that is invalid since before the server began.
  const environments = remote || known.length > 0 ? reports : (readStatus(previous).environments ?? []);
  const conditions = judgeAddress(remoteUrl);
  const tokens = tokensIn(readStatus(previous).tokens, input.facts);
  const ready = remote?.isOnlyEnvironments ? judgeEnvironments(environments) : undefined;
  return {
    observedGeneration: entry.generation,
    remoteUrl: remoteUrl.url,
    remoteUrlDesc: remoteUrl.description,
    ...(remoteUrl.httpsUrl === undefined ? {} : { httpsUrl: remoteUrl.httpsUrl }),
    ...reportOf(input, input, { ready, conditions, warnings: warningsOf(known) }),
    ...(remote ? { keys: listKeys(remote) } : {}),
    ...(tokens.length > 0 ? { tokens } : {}),
    ...(environments.length > 0 ? { environments } : {}),
  };
}

interface More {
  /** In place of what is judged of its releases. */
  readonly ready?: Verdict | undefined;
  readonly conditions?: readonly Verdict[];
  readonly warnings?: readonly string[];
}

type Report = Pick<RemoteStatus, 'branch' | 'release' | 'releases' | 'lastPush' | 'tasks'> & {
  conditions: Condition[];
};

function reportOf(
  { entry, facts }: Known,
  { previous, hasDefaultRegistry, now }: Pick<StatusInput, 'previous' | 'hasDefaultRegistry' | 'now'>,
  { ready, conditions = [], warnings = [] }: More = {},
): Report {
  const before = readStatus(previous);
  const { remote, environment } = entry;
  const { isOnlyEnvironments = false } = remote ?? {};
  // What ran before that is nobody's by now.
  const releases = isOnlyEnvironments ? [] : (facts.releases ?? before.releases ?? []).slice(0, shownReleases);
  const lastPush = facts.lastPush ?? before.lastPush;
  const branch = isOnlyEnvironments ? undefined : (remote?.branch ?? facts.branch ?? before.branch);
  const current = releases[0];
  const inSync = isOnlyEnvironments ? [] : judgeFact('InSync', facts.inSync, before.conditions);
  const drifted = inSync.some(({ status }) => status === 'False');
  const obstacle = findObstacle(entry, hasDefaultRegistry);
  const verdicts = [
    (!obstacle && ready) || judgeReady(obstacle, { environment, current, lastPush, drifted }),
    ...inSync,
    ...judgeFact('Watched', facts.watched, before.conditions),
    ...judgeFact('DatabaseAhead', facts.databaseAhead, before.conditions),
    ...conditions,
    ...judgeStalled(obstacle),
    ...judgeReconciling(facts.pushing),
    ...judgeWarnings(remote, warnings),
  ];
  const tasks = remote?.tasks.length === 0 ? [] : tasksIn(before.tasks, facts.tasks, lastPush);
  return {
    conditions: verdicts.map((verdict) => makeCondition(verdict, entry.generation, before.conditions ?? [], now)),
    ...(branch ? { branch } : {}),
    ...(current ? { release: current.number, releases } : {}),
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

function listKeys(remote: Remote): KeyStatus[] {
  const problems = remote.keyProblems.slice(0, shownProblems).map(({ line, problem }) => ({ line, problem }));
  const keys = remote.keys.slice(0, shownKeys - problems.length);
  return [...keys.map(({ type, fingerprint, comment }) => ({ type, fingerprint, comment })), ...problems];
}
