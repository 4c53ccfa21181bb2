import { releaseName } from '../../base/release-name.ts';
import { rfc3339 } from '../../base/rfc3339.ts';
import { plain } from '../../base/text.ts';
import type { EventFact, WatchedFact } from '../../remote-crd/index.ts';
import type { WatchEvent, WatchFinding } from './finding.ts';

const inStatus = 1000;

type Watched = Pick<WatchEvent, 'finding'> & { readonly remote: Pick<WatchEvent['remote'], 'environment'> };

/** What the condition Watched says. */
export function conditionOf({ remote, finding }: Watched): WatchedFact | 'unreported' {
  if (finding.kind === 'unwatched') return 'unreported';
  const { status, reason, message } = verdictOf(finding, remote.environment);
  return { status, reason, message: plain(message, inStatus) };
}

/** What becomes an Event: that something was deployed that nobody has pushed, or should have been. */
export function eventOf({ remote, finding }: Watched): EventFact | undefined {
  if (finding.kind !== 'returned' && finding.kind !== 'returnFailed') return undefined;
  const { message } = verdictOf(finding, remote.environment);
  return { reason: finding.kind === 'returned' ? 'Returned' : 'ReturnFailed', message: plain(message, inStatus) };
}

function verdictOf(finding: Exclude<WatchFinding, { kind: 'unwatched' }>, environment: string): WatchedFact {
  const named = (number: number) => releaseName(number, environment);
  const release = named(finding.release);
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
      const message = `${release} returned to ${named(to)}, which runs as ${named(as)}: ${error.message}`;
      return { status: 'False', reason: 'Returned', message };
    }
    case 'returnFailed': {
      const { to, error, failure } = finding;
      const why = `${plain(error.message, 400)}; ${named(to)} could not run again: ${failure.message}`;
      return { status: 'False', reason: 'ReturnFailed', message: `${release} fails and still runs: ${why}` };
    }
  }
}
