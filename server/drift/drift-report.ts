import { rfc3339 } from '../../base/rfc3339.ts';
import { plain } from '../../base/text.ts';
import { type EventFact, type InSyncFact, type RemoteEntry, readStatus } from '../../remote-crd/index.ts';
import { nameOf, type Release } from '../git/release.ts';
import { describeDrift } from './drift.ts';
import type { Finding } from './finding.ts';

const inStatus = 1000;

/** What the condition InSync says about a finding. */
export function conditionOf(finding: Finding): InSyncFact {
  const { status, reason, message } = verdict(finding);
  return { status, reason, message: plain(message, inStatus) };
}

/** What becomes an Event; most findings do not. */
export function eventOf(finding: Finding): EventFact | undefined {
  if (finding.kind === 'inSync' || finding.kind === 'unknown') return undefined;
  if (finding.kind === 'repaired') {
    const { release } = finding.drift;
    return {
      reason: 'Repaired',
      message: `runs ${nameOf(release)} again; it was ${describeDrift(finding.drift)}`,
    };
  }
  const { message } = conditionOf(finding);
  return { reason: finding.kind === 'drifted' ? 'Drifted' : 'RepairFailed', message };
}

/** Equal findings have equal keys. */
export function keyOf(finding: Finding): string {
  const { reason, message } = conditionOf(finding);
  return `${reason} ${message}`;
}

/** What the status said before this server started, so that it is not reported again as news. */
export function reportedBefore({ status }: RemoteEntry): { readonly key: string; readonly since?: number } | undefined {
  const condition = readStatus(status).conditions?.find(({ type }) => type === 'InSync');
  if (!condition) return undefined;
  const since = Date.parse(/^not as in releases\/\S+ since (\S+Z):/.exec(condition.message)?.[1] ?? '');
  return { key: `${condition.reason} ${condition.message}`, ...(Number.isNaN(since) ? {} : { since }) };
}

/** The release that a condition InSync is about; undefined: it says why nothing could be compared. */
export function comparedRelease({ message }: Pick<InSyncFact, 'message'>): number | undefined {
  const [, number] = /^(?:all workloads run|not as in) releases\/(?:[^\s/]+\/)?(\d+)/.exec(message) ?? [];
  return number === undefined ? undefined : Number(number);
}

function verdict(finding: Finding): InSyncFact {
  switch (finding.kind) {
    case 'inSync':
      return inSync(finding.release);
    case 'repaired':
      return inSync(finding.drift.release);
    case 'drifted':
      return { status: 'False', reason: 'Drifted', message: describeDrift(finding.drift) };
    case 'repairFailed': {
      const at = rfc3339(finding.nextTryAt);
      const why = plain(finding.error.message, 300);
      const what = plain(describeDrift(finding.drift), 600);
      return {
        status: 'False',
        reason: 'RepairFailed',
        message: `${what}; reverting it failed: ${why}; next try at ${at}`,
      };
    }
    case 'unknown':
      return { status: 'Unknown', reason: finding.error.reason, message: finding.error.message };
  }
}

function inSync(release: Release): InSyncFact {
  return { status: 'True', reason: 'InSync', message: `all workloads run ${nameOf(release)}` };
}
