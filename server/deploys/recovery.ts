import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import { withLogFields } from '../../base/log.ts';
import { shortId } from '../../base/text.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { Remotes } from '../../remote-crd/index.ts';
import type { Repositories } from '../git/repositories.ts';
import type { Repository } from '../git/repository.ts';
import { clearPushNote, type PushNote, readPushNote } from '../receive/push-note.ts';
import { type JournalEntry, makesRelease, readJournal } from './journal.ts';
import type { PushFacts, PushObserver, PushOutcome } from './observer.ts';
import type { PushQueue } from './queue.ts';
import { type RecoveryContext, recoverOne } from './recover.ts';

export interface RecoveryParts extends RecoveryContext {
  readonly repositories: Pick<Repositories, 'all' | 'open'>;
  readonly remotes: Pick<Remotes, 'entry'>;
  readonly queue: Pick<PushQueue, 'hold'>;
  /** What another server serves is not to be touched. */
  readonly ownership: {
    /** Undefined: this server serves it. */
    refusal(namespace: string): { readonly holder: string | undefined } | undefined;
    /** Whether this server serves it, as soon as that is known. */
    decided(namespace: string, signal: AbortSignal): Promise<boolean>;
  };
  readonly observer: Required<Pick<PushObserver, 'started' | 'finished'>>;
}

/** One Remote on which the end of the server cut something off. */
interface CutOff {
  readonly id: string;
  readonly namespace: string;
  readonly repository: Repository;
  /** Undefined: nothing but a journal that cannot be read, or a repair of drift, tells of it. */
  readonly push: PushNote | undefined;
}

/**
 * After a crash: makes workloads and branches agree again and reports what became of the pushes that were cut off. It goes
 * on in the background, and each Remote waits for its own only: call it before the first push is taken; when it resolves,
 * the turns of those Remotes are held. What cannot be done now keeps its journal and is tried again before the next push.
 * @returns what ends it; the next start begins again with what is left
 */
export async function startRecovery(parts: RecoveryParts): Promise<AsyncDisposable> {
  const stop = new AbortController();
  const isElsewhere = (namespace: string) => parts.ownership.refusal(namespace)?.holder !== undefined;
  const repositories = (await parts.repositories.all()).filter(({ namespace }) => !isElsewhere(namespace));
  const found = await Promise.all(repositories.map(({ namespace, name }) => look(parts, namespace, name)));
  const work = found.flatMap((cutOff) => (cutOff ? [recover(parts, cutOff, stop.signal)] : []));
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort(new GitkubeError('ShuttingDown', 'the server is restarting'));
      await Promise.all(work);
    },
  };
}

async function look(parts: RecoveryParts, namespace: string, name: string): Promise<CutOff | undefined> {
  const id = `${namespace}/${name}`;
  try {
    const repository = await parts.repositories.open(namespace, name);
    const push = await readPushNote(repository.path);
    const journal = await readJournal(repository.path).catch(() => 'unreadable' as const);
    if (!push && !journal) return undefined;
    return { id, namespace, repository, push: push ?? (journal === 'unreadable' ? undefined : pushOf(journal)) };
  } catch (thrown) {
    parts.log.error({ remote: id, err: asGitkubeError(thrown) }, 'a repository could not be opened');
    return undefined;
  }
}

/** Of a version that noted no push under way. */
function pushOf(journal: JournalEntry | undefined): PushNote | undefined {
  if (!journal || !makesRelease(journal)) return undefined;
  const { push: id, branch, commit, mark } = journal;
  return { id, branch, commit, by: mark.pushedBy, release: mark.release };
}

/** Never rejects. */
function recover(parts: RecoveryParts, cutOff: CutOff, signal: AbortSignal): Promise<void> {
  const { log, queue, ownership } = parts;
  const { id, namespace, repository, push } = cutOff;
  const label = push ? `${push.branch} ${shortId(push.commit)} by ${push.by}` : 'a repair of drift';
  const doing = 'what the end of the server cut off to be completed or undone';
  const leave = queue.hold({ remoteId: id, doing, label });
  return withLogFields({ remote: id, ...(push && { push: push.id }) }, async () => {
    try {
      // While the Leases cannot be seen, another server may be at work there.
      if (!(await ownership.decided(namespace, signal))) return;
      const facts = factsOf(parts, id, repository, push);
      if (facts) parts.observer.started(facts);
      const outcome = await untilAborted(outcomeOf(parts, repository, push, signal), signal);
      if (facts) parts.observer.finished(facts, outcome);
      await clearPushNote(repository.path);
      log.info({ outcome: outcome.kind }, 'a push that the end of the server cut off is settled');
    } catch (thrown) {
      if (!signal.aborted) log.error({ err: asGitkubeError(thrown) }, 'what was cut off could not be settled');
    } finally {
      leave();
    }
  });
}

/** Undefined: there is no Remote to report to, or it is another one of the same name. */
function factsOf(
  { remotes }: RecoveryParts,
  id: string,
  repository: Repository,
  push: PushNote | undefined,
): PushFacts | undefined {
  const remote = remotes.entry(id);
  if (!remote || !push || (repository.owner ?? remote.uid) !== remote.uid) return undefined;
  return { ...push, remote };
}

async function outcomeOf(
  parts: RecoveryParts,
  repository: Repository,
  push: PushNote | undefined,
  signal: AbortSignal,
): Promise<PushOutcome> {
  try {
    const recovered = await recoverOne({ ...parts, signal }, repository);
    const releases = await repository.releases();
    // Also without a journal: the server may have ended between the last two steps of a push.
    const release = releases.find(({ number, commit }) => number === push?.release && commit === push.commit);
    if (release) return { kind: 'released', release, releases };
    return failed(recovered ? 'and what ran before runs again' : 'before it changed anything');
  } catch (thrown) {
    signal.throwIfAborted();
    const error = asGitkubeError(thrown);
    parts.log.error({ err: error, reason: error.reason }, 'a rollout that was cut off could not be put back');
    return { kind: 'failed', error };
  }
}

function failed(how: string): PushOutcome {
  const error = new GitkubeError('PushCutOff', `the server ended while this push was under way, ${how}`, {
    hint: 'push again',
  });
  return { kind: 'failed', error };
}
