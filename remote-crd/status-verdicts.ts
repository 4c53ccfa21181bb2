import { releaseName } from '../base/release-name.ts';
import { rfc3339 } from '../base/rfc3339.ts';
import { plain, shortId } from '../base/text.ts';
import { keyWords } from './authorized-keys.ts';
import type { Remote } from './remote.ts';
import type { RemoteEntry } from './remote-entry.ts';
import type { Known, PushingFact, RemoteUrl, StatusFacts } from './status-facts.ts';
import type { Condition, EnvironmentStatus, PushStatus, ReleaseStatus } from './status-schema.ts';

export interface Verdict {
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

export type Obstacle = Pick<Verdict, 'reason' | 'message'>;

/** What somebody has to change before any push can deploy. */
export function findObstacle(entry: RemoteEntry, hasDefaultRegistry: boolean): Obstacle | undefined {
  const { remote, error } = entry;
  if (entry.deleting) return { reason: 'Deleting', message: 'the Remote is being deleted, its keys no longer work' };
  if (!remote) return { reason: 'RemoteInvalid', message: error?.message ?? 'the Remote is invalid' };
  const [problem] = remote.problems;
  if (problem !== undefined) return { reason: 'RemoteInvalid', message: problem };
  const builds = remote.deployments.some(({ containers }) => containers.length > 0);
  if (builds && !remote.registry && !hasDefaultRegistry) {
    return { reason: 'RegistryMissing', message: 'neither spec.registry.url nor the server names a registry' };
  }
  if (remote.keys.length > 0 || remote.trust) return undefined;
  const [bad] = remote.keyProblems;
  const why = bad ? keyWords(bad) : 'spec.authorizedKeys is empty';
  return { reason: 'NoUsableKey', message: `nobody may push: ${why}` };
}

interface ReleasedFacts {
  readonly environment: string;
  readonly current: ReleaseStatus | undefined;
  readonly lastPush: PushStatus | undefined;
  readonly drifted: boolean;
}

export function judgeReady(
  obstacle: Obstacle | undefined,
  { environment, current, lastPush, drifted }: ReleasedFacts,
): Verdict {
  if (obstacle) return { type: 'Ready', status: 'False', ...obstacle };
  if (lastPush?.reason === 'RollbackFailed') {
    return { type: 'Ready', status: 'False', reason: lastPush.reason, message: lastPush.message };
  }
  const failed = lastPush?.result === 'Failed' ? `; the last push failed: ${lastPush.message}` : '';
  if (!current) {
    return { type: 'Ready', status: 'True', reason: 'AwaitingFirstPush', message: `nothing was released yet${failed}` };
  }
  const runs = drifted ? 'was released last, and is not what runs' : 'runs';
  const message = `${releaseName(current.number, environment)} (${shortId(current.commit)}) ${runs}${failed}`;
  return { type: 'Ready', status: 'True', reason: 'Released', message };
}

/** Of a Remote that deploys nothing but its environments. */
export function judgeEnvironments(environments: readonly EnvironmentStatus[]): Verdict {
  const readyOf = ({ conditions }: EnvironmentStatus) => conditions?.find(({ type }) => type === 'Ready');
  const bad = environments.find((one) => readyOf(one)?.status !== 'True');
  if (!bad) {
    const names = environments.map(({ name }) => name).join(', ');
    return { type: 'Ready', status: 'True', reason: 'Environments', message: `it deploys to ${names}` };
  }
  const { reason = 'EnvironmentNotReady', message = '' } = readyOf(bad) ?? {};
  return { type: 'Ready', status: 'False', reason, message: `${bad.name}: ${message}` };
}

/** What keeps environments from deploying; the Remote itself deploys all the same. */
export function warningsOf(environments: readonly Known[]): readonly string[] {
  return environments.flatMap(({ entry: { environment, remote } }) =>
    (remote?.problems ?? []).slice(0, 1).map((problem) => `${environment} cannot deploy: ${problem}`),
  );
}

/** Until it is known, what the status said before holds; before the first release it says nothing. */
export function judgeFact(
  type: 'InSync' | 'Watched' | 'DatabaseAhead',
  reported: StatusFacts['inSync' | 'watched' | 'databaseAhead'],
  before: readonly Condition[] = [],
): Verdict[] {
  if (reported === 'unreported') return [];
  const fact = reported ?? before.find((condition) => condition.type === type);
  return fact ? [{ type, status: fact.status, reason: fact.reason, message: fact.message }] : [];
}

/** The Remote is ready all the same: users inside the cluster, or with another way to the server, can push. */
export function judgeAddress({ url, description, reason }: RemoteUrl): Verdict[] {
  if (url !== '' || !reason) return [];
  return [{ type: 'Addressable', status: 'False', reason, message: description }];
}

export function judgeStalled(obstacle: Obstacle | undefined): Verdict[] {
  return obstacle ? [{ type: 'Stalled', status: 'True', ...obstacle }] : [];
}

export function judgeReconciling(pushing: PushingFact | undefined): Verdict[] {
  if (!pushing) return [];
  const message = `push ${pushing.id} of ${shortId(pushing.commit)} by ${pushing.by}`;
  return [{ type: 'Reconciling', status: 'True', reason: 'Pushing', message }];
}

export function judgeWarnings(remote: Remote | undefined, more: readonly string[]): Verdict[] {
  const keys = remote && remote.keys.length > 0 && remote.environment === '' ? remote.keyProblems : [];
  const warnings = [...(remote?.warnings ?? []), ...more, ...keys.map(keyWords)];
  if (warnings.length === 0) return [];
  return [{ type: 'Warning', status: 'True', reason: 'PartlyIgnored', message: warnings.join('; ') }];
}

/** lastTransitionTime is when `status` changed, not when the text did (metav1.Condition). */
export function makeCondition(
  verdict: Verdict,
  generation: number,
  before: readonly Condition[],
  now: number,
): Condition {
  const known = before.find(({ type }) => type === verdict.type);
  const lastTransitionTime = known?.status === verdict.status ? known.lastTransitionTime : rfc3339(now);
  return { ...verdict, message: plain(verdict.message, 1000), observedGeneration: generation, lastTransitionTime };
}
