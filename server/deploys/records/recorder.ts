import type { Bus } from '../../../base/bus.ts';
import type { Clock } from '../../../base/clock.ts';
import { asGitkubeError } from '../../../base/errors.ts';
import type { Logger } from '../../../base/log.ts';
import { plain } from '../../../base/text.ts';
import type { BuiltImage } from '../../../builder/index.ts';
import type { Principal } from '../../access/principal.ts';
import type { Repositories } from '../../git/repositories.ts';
import type { ServerEvent } from '../../server-event.ts';
import type { AskedDeploy, DeployEnd, DeployFacts, DeployOutcome } from '../events.ts';
import type { Begin, End, Verdict } from './facts.ts';
import { LiveRecord, rfc3339 } from './live-record.ts';
import type { OutputBounds } from './output-file.ts';
import { addFact, deleteOldRecords, factsIn, type RecordBounds, recordFolders } from './record-folder.ts';

/** A build that prints more than this is read for its beginning and its end; most deploys say 5 KB. */
const outputBounds: OutputBounds = { headBytes: 256 * 1024, tailBytes: 128 * 1024 };

/** Of one environment: what a team deploys in weeks, and next to nothing beside its objects. */
const recordBounds: RecordBounds = { maxRecords: 100, maxBytes: 16 * 1024 ** 2 };

/** Records whose end could not be written. */
const MAX_IN_MEMORY = 50;

export interface RecorderParts {
  readonly repositories: Pick<Repositories, 'find'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Keeps a record of each deploy, as a subscriber of the bus and a reader of its output: no deploy knows of it. */
export class DeployRecorder {
  readonly #parts: RecorderParts;
  readonly #live = new Map<string, LiveRecord>();
  /** Of those whose end could not be written. */
  readonly #incomplete: string[] = [];
  /** What is still to be written. */
  readonly #work = new Set<Promise<void>>();

  constructor(parts: RecorderParts) {
    this.#parts = parts;
  }

  /** Records the events of the bus from now on. */
  subscribe(bus: Pick<Bus<ServerEvent>, 'on'>): void {
    bus.on('deployAsked', ({ deploy }) => this.#asked(deploy));
    bus.on('deployStarted', ({ deploy }) => this.#live.get(deploy.id)?.commit(deploy.commit));
    bus.on('deployJoined', ({ id, by }) => this.#live.get(id)?.joined(by));
    bus.on('deployEnded', (end) => this.#ended(end));
    bus.on('deployFinished', ({ deploy, outcome }) => this.#settled(deploy, outcome));
  }

  /** The record of a deploy that is under way in this server, or has just ended. */
  live(id: string): LiveRecord | undefined {
    return this.#live.get(id);
  }

  /** Resolves when those of an environment that have begun can be found there, and those that have ended are written. */
  async written(repository: string): Promise<void> {
    const own = [...this.#live.values()].filter((record) => record.repository === repository);
    await Promise.all(own.map((record) => (record.facts.end ? record.settled : record.opened)));
  }

  /** Resolves when everything is written that is known. */
  async flush(): Promise<void> {
    await Promise.all(this.#work);
  }

  #asked({ id, trigger, principal, asked, repository, revision, output, phases }: AskedDeploy): void {
    const { clock, log } = this.#parts;
    const record = new LiveRecord({
      repository: repository.folder,
      begin: {
        id,
        trigger,
        by: byOf(principal),
        remote: asked.id,
        uid: asked.uid,
        environment: asked.environment,
        branch: revision.branch,
        commit: revision.oid,
      },
      elapsedMs: Object.values(phases.durations).reduce((sum, ms) => sum + ms, 0),
      bounds: outputBounds,
      clock,
      log,
      after: this.#openedLast(repository.folder),
    });
    this.#live.set(id, record);
    output.readBy(record.line);
    phases.onBegin(record.phase);
    this.#track(record.opened.then(() => this.#deleteOld(repository.folder)));
  }

  /** Records are numbered in the order of their deploys, so one is begun after the other. */
  #openedLast(repository: string): Promise<void> {
    const last = [...this.#live.values()].findLast((record) => record.repository === repository);
    return last?.opened ?? Promise.resolve();
  }

  #ended({ id, outcome, images }: DeployEnd): void {
    const record = this.#live.get(id);
    if (!record) return;
    record.end({ verdict: verdictOf(outcome), images: images.map(imageOf) });
    this.#track(
      record.settled.then(async () => {
        if (record.isComplete) this.#live.delete(id);
        else this.#keepInMemory(id);
        await this.#deleteOld(record.repository);
      }),
    );
  }

  /** The disk does not have its end: as long as this server lives, it knows better than to call that interrupted. */
  #keepInMemory(id: string): void {
    this.#incomplete.push(id);
    while (this.#incomplete.length > MAX_IN_MEMORY) this.#live.delete(this.#incomplete.shift() ?? '');
  }

  /** What the end of an earlier server cut off: this one reports what became of it. */
  #settled({ id, remote }: DeployFacts, outcome: DeployOutcome): void {
    if (!this.#live.has(id)) this.#track(this.#completeCutOff(id, remote, outcome));
  }

  async #completeCutOff(id: string, remote: DeployFacts['remote'], outcome: DeployOutcome): Promise<void> {
    const repository = await this.#parts.repositories.find(remote.namespace, remote.name);
    const view = await repository?.of(remote.environment);
    const folders = view ? await recordFolders(view.folder) : [];
    const folder = folders.find((one) => one.id === id);
    const facts = folder && (await factsIn(folder));
    if (!facts || facts.end) return;
    const at = rfc3339(this.#parts.clock.now());
    const end: End = { kind: 'end', at, verdict: cutOffVerdict(outcome), images: [] };
    await addFact(folder.path, end, 'synced');
  }

  async #deleteOld(repository: string): Promise<void> {
    const isUnderWay = (id: string) => this.#live.get(id)?.isSettled === false;
    await deleteOldRecords(repository, recordBounds, isUnderWay);
  }

  #track(work: Promise<void>): void {
    const done = work
      .catch((thrown) =>
        this.#parts.log.warn({ err: asGitkubeError(thrown) }, 'records of deploys could not be written'),
      )
      .finally(() => this.#work.delete(done));
    this.#work.add(done);
  }
}

/** What the record says of an outcome. */
export function verdictOf(outcome: DeployOutcome): Verdict {
  if (outcome.kind === 'released') return { result: 'released', release: outcome.release.number };
  if (outcome.kind !== 'failed') return { result: outcome.kind };
  const { reason, message } = outcome.error;
  return { result: 'failed', reason, message: plain(message) };
}

/** What had failed before the server ended has failed. */
function cutOffVerdict(outcome: DeployOutcome): Verdict {
  if (outcome.kind !== 'failed' || outcome.error.reason !== 'PushCutOff') return verdictOf(outcome);
  return { result: 'interrupted', message: outcome.error.message };
}

function imageOf({ label, reference }: BuiltImage) {
  return { name: label, image: reference };
}

function byOf({ name, fingerprint, address }: Principal): Begin['by'] {
  return { name, fingerprint, ...(address !== undefined && { address }) };
}
