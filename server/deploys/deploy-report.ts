import type { Emitter } from '../../base/bus.ts';
import type { Logger } from '../../base/log.ts';
import type { BuiltImage } from '../../builder/index.ts';
import type { Repository } from '../git/repository.ts';
import type { DeployContext } from './context.ts';
import type { DeployEvent, DeployFacts, DeployOutcome } from './events.ts';
import type { Phases } from './phases.ts';
import { clearPushNote, endedAs, notePush, type PushNote } from './under-way-note.ts';

export interface DeployReportParts {
  readonly id: string;
  /** As its environment sees it, by the time that is known. */
  readonly repository: () => Repository;
  readonly phases: Phases;
  readonly events: Emitter<DeployEvent>;
  readonly onceReported: DeployContext['onceReported'];
  readonly log: Logger;
}

/** Reports one deploy: on the bus, and on disk for the next start when the server ends before the deploy does. */
export class DeployReport {
  readonly #parts: DeployReportParts;
  #deploy: DeployFacts | undefined;
  #isFinished = false;
  #noted: Promise<void> | undefined;
  #release: number | undefined;
  readonly #decided = Promise.withResolvers<DeployOutcome | undefined>();

  constructor(parts: DeployReportParts) {
    this.#parts = parts;
  }

  /** Resolves with what it came to, once that is decided; undefined: nothing was to be deployed. Never rejects. */
  get outcome(): Promise<DeployOutcome | undefined> {
    return this.#decided.promise;
  }

  /** Its end is reported. */
  get isFinished(): boolean {
    return this.#isFinished;
  }

  /** Its beginning is reported, and its end is not. */
  get isOpen(): boolean {
    return this.#deploy !== undefined && !this.#isFinished;
  }

  /** It waits for its turn. */
  readonly waits = (deploy: DeployFacts): void => {
    this.#noted ??= this.#note({ ...deploy, waits: true });
  };

  /** Its turn has come. */
  readonly announced = (deploy: DeployFacts): void => {
    const { repository, events } = this.#parts;
    this.#deploy = deploy;
    this.#noted = Promise.all([this.#noted, repository().history()]).then(([, { next: release }]) => {
      this.#release = release;
      return this.#note({ ...deploy, release });
    }, this.#notNoted);
    events.emit({ kind: 'deployStarted', deploy });
  };

  /** @param images those that were built or found; empty before that */
  finish(outcome: DeployOutcome, images: readonly BuiltImage[]): void {
    const { id, phases, events, log } = this.#parts;
    const { durations, current: phase } = phases;
    this.#isFinished = true;
    this.#noteEnd(outcome);
    if (this.#deploy) events.emit({ kind: 'deployFinished', deploy: this.#deploy, outcome });
    events.emit({ kind: 'deployEnded', id, outcome, durations, phase, images });
    log.info({ outcome: outcome.kind, phases: durations }, 'push finished');
    this.#decided.resolve(outcome);
  }

  /** Nothing of it is under way any more. Never rejects. */
  async end(): Promise<void> {
    this.#decided.resolve(undefined);
    await this.#noted;
    // Each beginning that was reported needs its end: as long as the status does not have it, the next start would report it.
    if (this.#deploy) this.#parts.onceReported(this.#deploy.remote.id, () => this.#clear());
    else if (this.#noted !== undefined) await this.#clear();
  }

  /** While the status does not have its outcome, the next start reports it. */
  #noteEnd(outcome: DeployOutcome): void {
    const deploy = this.#deploy;
    const ended = endedAs(outcome);
    if (!deploy || !ended) return;
    this.#noted = this.#noted?.then(() => this.#note({ ...deploy, release: this.#release, ended }));
  }

  async #clear(): Promise<void> {
    const { id, repository, log } = this.#parts;
    const what = 'the note of a finished push could not be deleted: the next start reports it once more';
    await clearPushNote(repository().folder, { id }).catch((err) => log.warn({ err }, what));
  }

  /** For the next start; a full disk is ignored. */
  async #note({
    branch,
    commit,
    by,
    release,
    waits,
    ended,
  }: DeployFacts & Pick<PushNote, 'release' | 'waits' | 'ended'>): Promise<void> {
    const { id, repository } = this.#parts;
    await notePush(repository().folder, { id, branch, commit, by, release, waits, ended }).catch(this.#notNoted);
  }

  readonly #notNoted = (err: unknown): void =>
    this.#parts.log.warn({ err }, 'the note of a push under way could not be written');
}
