import { count } from '../../base/text.ts';
import type { V1CronJob, V1DaemonSet, V1StatefulSet, Workload } from '../../kube/kube.ts';
import { firstUpdated, partitionOf, rollsByHand } from '../status/stateful-set-status.ts';
import { nextRun } from './next-run.ts';

/** What a workload that has its new images does not do with them, or not yet, in a line; undefined: it runs them all. */
export function rolloutNotes(workload: Workload, nowMs: number): string | undefined {
  if (workload.kind === 'StatefulSet') return ofStatefulSet(workload);
  if (workload.kind === 'DaemonSet') return ofDaemonSet(workload);
  return workload.kind === 'CronJob' ? ofCronJob(workload, nowMs) : undefined;
}

function ofStatefulSet({ metadata, spec, status }: V1StatefulSet): string | undefined {
  const { replicas = 0, updatedReplicas = 0 } = status ?? {};
  if (rollsByHand(spec)) return byHandWords(replicas - updatedReplicas, metadata?.name);
  const below = partitionOf(spec);
  if (below === 0) return undefined;
  const last = `${metadata?.name}-${firstUpdated(spec) - 1}`;
  const first = `${metadata?.name}-${firstUpdated(spec) - below}`;
  const pods = below === 1 ? `pod ${first} stays` : `pods ${first} to ${last} stay`;
  return `${pods} as before, below its partition ${spec?.updateStrategy?.rollingUpdate?.partition}`;
}

function ofDaemonSet({ metadata, spec, status }: V1DaemonSet): string | undefined {
  const { desiredNumberScheduled = 0, updatedNumberScheduled = 0 } = status ?? {};
  if (spec?.updateStrategy?.type === 'OnDelete') {
    return byHandWords(desiredNumberScheduled - updatedNumberScheduled, metadata?.name);
  }
  return desiredNumberScheduled === 0 ? 'no node matches, so no pods will run' : undefined;
}

function byHandWords(old: number, name: string | undefined): string | undefined {
  if (old <= 0) return undefined;
  const which = `${count(old, 'pod')} of ${name} ${old === 1 ? 'runs' : 'run'}`;
  return `its update strategy is OnDelete: ${which} the previous version until deleted`;
}

/** The date only where the time alone would be taken for the next day's at the latest. */
function inUtc(atMs: number, nowMs: number): string {
  const [date, time = ''] = new Date(atMs).toISOString().split('T');
  const isSoon = atMs - nowMs < 24 * 3600 * 1000;
  return `${isSoon ? '' : `${date} `}${time.slice(0, 5)} UTC`;
}

function ofCronJob({ spec, status }: V1CronJob, nowMs: number): string {
  const zone = spec?.timeZone ? ` ${spec.timeZone}` : '';
  const next = spec?.suspend ? undefined : nextRun(spec?.schedule ?? '', spec?.timeZone, nowMs);
  const at = next === undefined ? '' : `, at ${inUtc(next, nowMs)}`;
  const when = spec?.suspend
    ? 'is suspended: no job starts until it is resumed'
    : `runs with its next job${at} (schedule ${spec?.schedule}${zone})`;
  const active = status?.active?.length ?? 0;
  const running = `${count(active, 'job')} under way ${active === 1 ? 'goes' : 'go'} on with the previous version`;
  return active > 0 ? `${when}; ${running}` : when;
}
