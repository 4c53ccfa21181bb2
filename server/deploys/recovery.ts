import { again } from '../../base/again.ts';
import type { Emitter } from '../../base/bus.ts';
import { asGitkubeError, GitkubeError, shuttingDown } from '../../base/errors.ts';
import { type Logger, withLogFields } from '../../base/log.ts';
import { askAboutRemote } from '../../base/server-hints.ts';
import { shortId } from '../../base/text.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import { idOfEnvironment, type Remotes } from '../../remote-crd/index.ts';
import type { Release } from '../git/release.ts';
import type { Repositories } from '../git/repositories.ts';
import type { Repository } from '../git/repository.ts';
import type { DeployContext } from './context.ts';
import { environmentOfRepository } from './environment.ts';
import type { DeployEvent, DeployFacts, DeployOutcome } from './events.ts';
import { type JournalEntry, readJournal } from './journal.ts';
import type { PushQueue } from './queue.ts';
import { type RecoveryContext, recoverOne } from './recover.ts';
import { clearPushNote, outcomeOfEnded, type PushNote, readPushNotes } from './under-way-note.ts';

export interface RecoveryParts extends RecoveryContext {
  readonly repositories: Pick<Repositories, 'all' | 'open'>;
  readonly remotes: Pick<Remotes, 'entry'>;
  readonly queue: Pick<PushQueue, 'hold' | 'report'>;
  /** What another server serves is not to be touched. */
  readonly ownership: {
    /** Undefined: this server serves it. */
    refusal(namespace: string): { readonly holder: string | undefined } | undefined;
    /** Whether this server serves it, as soon as that is known. */
    decided(namespace: string, signal: AbortSignal): Promise<boolean>;
  };
  readonly events: Emitter<DeployEvent>;
  readonly onceReported: DeployContext['onceReported'];
}

/** One environment of a Remote on which the end of the server cut something off. */
interface CutOff {
  /** Of the environment. */
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly repository: Repository;
  /**
   * That had its turn; undefined: only a journal that cannot be read, a repair of drift, or pushes that had ended or
   * waited, are left of it.
   */
  readonly push: PushNote | undefined;
  /** Of all pushes. */
  readonly notes: readonly PushNote[];
}

/**
 * After a crash: makes workloads and branches agree again and reports what became of the pushes that were cut off. It goes
 * on in the background, and each environment waits for its own only: call it before the first push is taken; when it resolves,
 * the turns of those environments are held. What cannot be done now keeps its journal and is tried again before the next push.
 * @returns what ends it; the next start begins again with what is left
 */
export async function startRecovery(parts: RecoveryParts): Promise<AsyncDisposable> {
  const stop = new AbortController();
  const isElsewhere = (namespace: string) => parts.ownership.refusal(namespace)?.holder !== undefined;
  const repositories = (await parts.repositories.all()).filter(({ namespace }) => !isElsewhere(namespace));
  const found = await Promise.all(repositories.map(({ namespace, name }) => look(parts, namespace, name)));
  const work = found.flat().map((cutOff) => recover(parts, cutOff, stop.signal));
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort(shuttingDown());
      await Promise.all(work);
    },
  };
}

async function look(parts: RecoveryParts, namespace: string, name: string): Promise<readonly CutOff[]> {
  try {
    const repository = await parts.repositories.open(namespace, name);
    const found = await Promise.all((await repository.views()).map((view) => lookAt(parts, { namespace, name }, view)));
    return found.filter((cutOff) => cutOff !== undefined);
  } catch (thrown) {
    parts.log.error(
      { remote: `${namespace}/${name}`, err: asGitkubeError(thrown) },
      'a repository could not be opened',
    );
    return [];
  }
}

async function lookAt(
  parts: RecoveryParts,
  named: Pick<CutOff, 'namespace' | 'name'>,
  repository: Repository,
): Promise<CutOff | undefined> {
  const id = idOfEnvironment({ ...named, environment: repository.environment });
  const notes = await notesOf(parts, id, repository);
  const journal = await readJournal(repository.folder).catch(() => 'unreadable' as const);
  if (notes.length === 0 && !journal) return undefined;
  const own = journal === 'unreadable' ? undefined : journal;
  // One that is released keeps its note until the status says so: the last one had its turn.
  const push = notes.find((note) => note.id === own?.id) ?? notes.findLast(isUnderWay) ?? pushOf(own);
  return { ...named, id, repository, push, notes };
}

function isUnderWay({ waits, ended }: PushNote): boolean {
  return !waits && !ended;
}

/** Without them a push is not reported; what it has changed is undone all the same. */
async function notesOf({ log }: RecoveryParts, id: string, repository: Repository): Promise<readonly PushNote[]> {
  try {
    const [notes, { next, releases }] = await Promise.all([readPushNotes(repository.folder), repository.history()]);
    const isReleased = (note: PushNote) =>
      releases.some(({ number, commit }) => number === note.release && commit === note.commit);
    // Left from a time when another server served the Remote: later pushes have reported what runs.
    const isOld = (note: PushNote) => note.release !== undefined && note.release < next && !isReleased(note);
    await Promise.all(notes.filter(isOld).map((note) => clearPushNote(repository.folder, note)));
    return notes.filter((note) => !isOld(note));
  } catch (thrown) {
    log.error({ remote: id, err: asGitkubeError(thrown) }, 'the notes of pushes that were cut off could not be read');
    return [];
  }
}

/** Of a version that noted no push under way. */
function pushOf(journal: JournalEntry | undefined): PushNote | undefined {
  if (!journal?.makesRelease) return undefined;
  const { id, branch, commit, mark } = journal;
  return { id, branch, commit, by: mark.pushedBy, release: mark.release };
}

/** Never rejects. */
function recover(parts: RecoveryParts, cutOff: CutOff, signal: AbortSignal): Promise<void> {
  const { log, queue, events, ownership } = parts;
  const { id, namespace, repository, push, notes } = cutOff;
  const named = push ?? notes[0];
  const label = named ? `${named.branch} ${shortId(named.commit)} by ${named.by}` : 'a repair of drift';
  const doing = 'what the last server left to be completed or rolled back';
  const environment = environmentOfRepository(parts.remotes, cutOff, repository);
  const leave = queue.hold({ environment, doing, label });
  return withLogFields({ remote: id, ...(push && { push: push.id }) }, async () => {
    try {
      // While the Leases cannot be seen, another server may be at work there.
      if (!(await ownership.decided(namespace, signal))) return;
      const facts = factsOf(parts, id, repository, push);
      // What became of the one that had its turn is what the status says in the end.
      const releases = await repository.releases().catch(() => []);
      for (const { note, outcome } of othersOf(cutOff, releases)) {
        const deploy = factsOf(parts, id, repository, note);
        if (deploy) events.emit({ kind: 'deployFinished', deploy, outcome });
      }
      if (facts) events.emit({ kind: 'deployStarted', deploy: facts });
      const say = (line: string) => queue.report(environment, line);
      const outcome = await untilAborted(outcomeOf({ ...parts, say, signal }, repository, push), signal);
      if (facts) events.emit({ kind: 'deployFinished', deploy: facts, outcome });
      // And no others: pushes of this server may wait by now.
      const clear = () => Promise.all(notes.map((note) => clearPushNote(repository.folder, note)));
      parts.onceReported(id, () => clear().then(() => {}, notCleared(log)));
      log.info({ outcome: outcome.kind }, 'what the last server left is settled');
    } catch (thrown) {
      if (!signal.aborted) log.error({ err: asGitkubeError(thrown) }, 'what the last server left could not be settled');
    } finally {
      leave();
    }
  });
}

/** What the pushes came to that had not their turn when the server ended: first those that had ended, in their order. */
function othersOf({ push, notes }: CutOff, releases: readonly Release[]) {
  const others = notes.filter(({ id }) => id !== push?.id);
  const waited = others.filter(({ ended, waits }) => !ended && waits);
  const over = others.filter((note) => !waited.includes(note));
  return [
    ...over.map((note) => ({ note, outcome: endOf(note, releases) })),
    ...waited.map((note) => ({ note, outcome: failed(', before its turn came') })),
  ];
}

function endOf(note: PushNote, releases: readonly Release[]): DeployOutcome {
  const release = releaseOf(note, releases);
  if (release) return { kind: 'released', release, releases };
  return note.ended ? outcomeOfEnded(note.ended) : failed(', before it changed anything');
}

function releaseOf(push: PushNote | undefined, releases: readonly Release[]): Release | undefined {
  return releases.find(({ number, commit }) => number === push?.release && commit === push.commit);
}

function notCleared(log: Logger) {
  return (err: unknown) => log.warn({ err }, 'a push that is settled is reported once more by the next start');
}

/** Undefined: there is no Remote to report to, or it is another one of the same name. */
function factsOf(
  { remotes }: RecoveryParts,
  id: string,
  repository: Repository,
  push: PushNote | undefined,
): DeployFacts | undefined {
  const remote = remotes.entry(id);
  if (!remote || !push || (repository.owner ?? remote.uid) !== remote.uid) return undefined;
  return { ...push, remote };
}

async function outcomeOf(
  parts: RecoveryParts & { readonly signal: AbortSignal },
  repository: Repository,
  push: PushNote | undefined,
): Promise<DeployOutcome> {
  try {
    const recovered = await recoverOne(parts, repository);
    const releases = await repository.releases();
    // Also without a journal: the server may have ended between the last two steps of a push.
    const release = releaseOf(push, releases);
    if (release) return { kind: 'released', release, releases };
    const remains = (recovered?.remains ?? []).map((what) => `; ${what}`).join('');
    const isTask = recovered?.entry.steps.some(({ step }) => step === 'run-task');
    if (isTask && !isSettled(push)) return cutOffTask(remains);
    const later = recovered && !isTask ? `; by now the previous version is running${remains}` : undefined;
    if (push?.ended) return outcomeOfEnded(push.ended, later);
    return failed(recovered ? `; the previous version is running${remains}` : ', before it changed anything');
  } catch (thrown) {
    parts.signal.throwIfAborted();
    const error = asGitkubeError(thrown);
    parts.log.error({ err: error, reason: error.reason }, 'a rollout that was cut off could not be rolled back');
    return { kind: 'failed', error };
  }
}

/** Its server has reported its end, and knew it. */
function isSettled(push: PushNote | undefined): boolean {
  const ended = push?.ended;
  return ended !== undefined && !(ended.kind === 'failed' && ended.reason === 'RestoreUnfinished');
}

/** Somebody has asked for it, and for nothing else. */
function cutOffTask(remains: string): DeployOutcome {
  const error = new GitkubeError('PushCutOff', `the server stopped while this task ran${remains}`, {
    hint: `to see what became of it, type: ${askAboutRemote('status')}`,
  });
  return { kind: 'failed', error };
}

function failed(how: string): DeployOutcome {
  const error = new GitkubeError('PushCutOff', `the server stopped during this push${how}`, {
    hint: again,
  });
  return { kind: 'failed', error };
}
