import { rfc3339 } from '../../base/rfc3339.ts';
import { plain } from '../../base/text.ts';
import type { EventFact, WatchedFact } from '../../remote-crd/index.ts';
import type { WatchFinding } from './finding.ts';

const inStatus = 1000;

/** What the condition Watched says. */
export function conditionOf(finding: WatchFinding): WatchedFact | 'unreported' {
  if (finding.kind === 'unwatched') return 'unreported';
  const { status, reason, message } = verdictOf(finding);
  return { status, reason, message: plain(message, inStatus) };
}

/** What becomes an Event: that something was deployed that nobody has pushed, or should have been. */
export function eventOf(finding: WatchFinding): EventFact | undefined {
  if (finding.kind !== 'returned' && finding.kind !== 'returnFailed') return undefined;
  const { message } = verdictOf(finding);
  return { reason: finding.kind === 'returned' ? 'Returned' : 'ReturnFailed', message: plain(message, inStatus) };
}

function verdictOf(finding: Exclude<WatchFinding, { kind: 'unwatched' }>): WatchedFact {
  const release = `releases/${finding.release}`;
  switch (finding.kind) {
    case 'watching': {
      const until = rfc3339(finding.until);
      return { status: 'Unknown', reason: 'Watching', message: `${release} is watched until ${until}` };
    }
    case 'held':
      return { status: 'True', reason: 'Held', message: `the pods of ${release} ran as long as they were watched` };
    case 'ended':
      return { status: 'Unknown', reason: 'Ended', message: `${release} is no longer watched: ${finding.why}` };
    case 'returned': {
      const { to, as, error } = finding;
      const message = `${release} returned to releases/${to}, which runs as releases/${as}: ${error.message}`;
      return { status: 'False', reason: 'Returned', message };
    }
    case 'returnFailed': {
      const { to, error, failure } = finding;
      const why = `${plain(error.message, 400)}; releases/${to} could not run again: ${failure.message}`;
      return { status: 'False', reason: 'ReturnFailed', message: `${release} fails and still runs: ${why}` };
    }
  }
}
