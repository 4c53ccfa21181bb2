import type { Logger } from '../../base/log.ts';
import type { EventRecorder, RemoteEntry, Remotes } from '../../remote-crd/index.ts';
import { followResources } from '../follow-remotes.ts';

export interface ReportRefusalsOptions {
  readonly remotes: Pick<Remotes, 'entries' | 'onChange'>;
  readonly events: Pick<EventRecorder, 'record'>;
  /** Of this server. */
  readonly name: string;
  readonly log: Logger;
}

/**
 * Says which namespaces this server sees and does not serve: once in the log, and by an Event on each of their Remotes. It
 * is all that it may write there: the status is the other one's. @returns what ends it
 */
export function reportRefusals({ remotes, events, name, log }: ReportRefusalsOptions): () => void {
  /** By namespace. */
  const logged = new Map<string, string>();
  /** By uid. */
  const recorded = new Map<string, string>();
  const see = (entry: RemoteEntry) => {
    const { namespace, uid, elsewhere } = entry;
    const message = elsewhere?.error.message;
    const lasts = elsewhere?.holder !== undefined || elsewhere?.error.kind === 'user';
    if (!elsewhere || !lasts || message === undefined) return;
    const { holder, error } = elsewhere;
    // The holder alone: where it is changes with each of its starts.
    const who = holder ?? message;
    if (logged.get(namespace) !== who) {
      logged.set(namespace, who);
      log.warn({ namespace, holder, why: message, hint: error.hint }, 'a namespace is not served by this server');
    }
    if (recorded.get(uid) === who) return;
    recorded.set(uid, who);
    events.record(entry, { reason: error.reason, message: `${message}; ${name} does not` });
  };
  return followResources(remotes, { seen: see, gone: ({ uid }) => void recorded.delete(uid) });
}
