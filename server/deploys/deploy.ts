import { randomBytes } from 'node:crypto';
import { asGitkubeError, type GitkubeError } from '../../base/errors.ts';
import type { BuiltImage } from '../../builder/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { type Principal, wayOf } from '../access/principal.ts';
import type { Repository } from '../git/repository.ts';
import type { DeployContext } from './context.ts';
import { DeployReport } from './deploy-report.ts';
import type { DeployOutcome } from './events.ts';
import { labelOf } from './label.ts';
import { OutputLines } from './output.ts';
import { type Phase, Phases } from './phases.ts';
import { beginOneTask, oneTask, prepare } from './pipeline.ts';
import type { DeployRequest } from './request.ts';
import type { FactsOf } from './run-steps.ts';
import type { DeploySession } from './session.ts';
import { Ended } from './step.ts';

/** A deploy that is checked and whose images are in the registry. */
export type PreparedDeploy = FactsOf<typeof prepare>;

/** What is asked for, of a deploy that has begun. */
export type Asked = Pick<
  DeployRequest,
  'trigger' | 'revision' | 'options' | 'why' | 'stillFits' | 'isTentative' | 'givesWay' | 'receivedAt'
>;

export type Result<T> =
  | { readonly value: T; readonly error?: never }
  | { readonly error: GitkubeError; readonly value?: never };

export interface DeployParts extends DeployTarget {
  readonly context: DeployContext;
  readonly principal: Principal;
  readonly receivePacks: 0 | 1;
  /** Ends what waits for this deploy, or brings it here. */
  readonly onCancel?: (reason: GitkubeError) => void;
}

/** To what is deployed. */
export interface DeployTarget {
  /** As it was when it was asked for. */
  readonly remote: Remote;
  readonly repository: Repository;
}

/** What is known of a deploy at the door. */
export type DoorFacts = Pick<DeployParts, 'context' | 'remote' | 'repository' | 'principal'>;

/** What is under way then is finished, where there is time. */
const changing: ReadonlySet<Phase> = new Set(['migrate', 'rollout', 'verify']);

/** What every deploy has, whatever asks for it, from its beginning until nothing of it is under way any more. */
export class Deploy {
  readonly id = randomBytes(5).toString('hex');
  readonly #parts: DeployParts;
  #remote: Remote;
  #session: DeploySession;
  readonly #report: DeployReport;
  /** Of each line of the log about it, as far as is known by then. */
  readonly logFields: { readonly push: string; remote: string };
  readonly #abort = new AbortController();
  readonly #force = new AbortController();
  #asked: Asked | undefined;
  #images: readonly BuiltImage[] = [];
  #joins = false;
  readonly #prepared = Promise.withResolvers<PreparedDeploy | undefined>();

  constructor(parts: DeployParts) {
    const { id } = this;
    const { context, remote, repository, principal, receivePacks } = parts;
    const { clock, events, onceReported, log } = context;
    this.#parts = parts;
    this.#remote = remote;
    this.logFields = { push: id, remote: remote.id };
    const phases = new Phases(clock);
    this.#report = new DeployReport({
      id,
      repository: () => this.#session.repository,
      phases,
      events,
      onceReported,
      log,
    });
    const { waits, announced } = this.#report;
    this.#session = {
      id,
      repository,
      principal,
      receivePacks,
      output: new OutputLines(remote, {
        docsUrl: context.docsUrl,
        way: () => wayOf(principal, context.urlForm(principal)),
        isPush: receivePacks === 1,
      }),
      phases,
      signal: this.#abort.signal,
      forced: this.#force.signal,
      ending: new DisposableStack(),
      waits,
      announced,
    };
  }

  get remote(): Remote {
    return this.#remote;
  }

  get session(): DeploySession {
    return this.#session;
  }

  /** It is to another environment than it was begun for: which one a push is to is known when git has its refs. */
  aim({ remote, repository }: DeployTarget): void {
    this.#remote = remote;
    this.#session = { ...this.#session, repository };
    this.#session.output.aim(remote);
    this.logFields.remote = remote.id;
  }

  /** Undefined: it is not known yet, as git is still receiving it. */
  get asked(): Asked | undefined {
    return this.#asked;
  }

  /** Which version, and who asked for it, for people; empty as long as it is not known. */
  get label(): string {
    return this.#asked ? labelOf(this.#asked.revision, this.session.principal, this.#remote.environment) : '';
  }

  /** What it came to, once that is decided; undefined: it was none, or nobody knows. */
  get outcome(): Promise<DeployOutcome | undefined> {
    return this.#report.outcome;
  }

  /** Resolves when it is checked and its images are in the registry; undefined: it ended before. Never rejects. */
  get prepared(): Promise<PreparedDeploy | undefined> {
    return this.#prepared.promise;
  }

  /** Its turn has come, and nobody has ended it: who asks for the same can wait for its verdict. */
  get hasTurn(): boolean {
    const { signal, phases } = this.session;
    const isEarly = phases.current === 'receive' || phases.current === 'queue';
    return this.#asked !== undefined && !isEarly && !this.isFinished && !signal.aborted;
  }

  get isFinished(): boolean {
    return this.#report.isFinished;
  }

  /** Its beginning is reported, and its end is not. */
  get isOpen(): boolean {
    return this.#report.isOpen;
  }

  /** Runs the steps that change nothing. @returns `checked` after a dry run */
  async prepare(asked: Asked): Promise<PreparedDeploy | 'checked'> {
    const { context } = this.#parts;
    this.#asked = asked;
    using checking = new DisposableStack();
    const prepared = await prepare.check({ ...this.session, ...asked, asked: this.#remote, checking }, context);
    if (prepared instanceof Ended) return 'checked';
    this.#images = prepared.images;
    this.#prepared.resolve(prepared);
    return prepared;
  }

  /** Runs one task alone, with what runs. */
  async runTask(asked: Asked): Promise<DeployOutcome> {
    const { context } = this.#parts;
    this.#asked = asked;
    using checking = new DisposableStack();
    const begun = await beginOneTask.check({ ...this.session, ...asked, asked: this.#remote, checking }, context);
    if (begun instanceof Ended) return begun.outcome;
    return (await oneTask.execute(begun, context)).outcome;
  }

  /** Does a part of it; an error goes to those who read its output, to the log and the report. */
  async attempt<T>(work: () => Promise<T>): Promise<Result<T>> {
    try {
      return { value: await work() };
    } catch (thrown) {
      const error = asGitkubeError(thrown);
      const level = error.kind === 'internal' ? 'error' : 'info';
      this.#parts.context.log[level]({ err: error, cause: error.cause, reason: error.reason }, 'push refused');
      this.session.output.failure(error, this.id);
      this.finish({ kind: 'failed', error });
      return { error };
    }
  }

  finish(outcome: DeployOutcome): void {
    this.#report.finish(outcome, this.#images);
    this.#prepared.resolve(undefined);
  }

  /** It deploys nothing: another deploy does, whose verdict it waits for. */
  join(other: Pick<Deploy, 'id'>): void {
    const { context } = this.#parts;
    const { name, fingerprint } = this.session.principal;
    this.#joins = true;
    context.log.info({ joined: other.id }, 'push joined a deploy');
    context.events.emit({ kind: 'deployJoined', id: other.id, remote: this.#remote.id, by: { name, fingerprint } });
  }

  /** Lets a rollout under way and what follows it end, and ends everything else; `cancel` is for when that takes too long. */
  drain(reason: GitkubeError): void {
    const { phases, output } = this.session;
    // The one that it has joined is drained, too, and its verdict is that of both.
    if (this.#report.isFinished || this.#joins || phases.current === 'refs') return;
    if (changing.has(phases.current)) output.stage(`${reason.message}; finishing this rollout first`);
    else this.cancel(reason);
  }

  /** What is building is stopped, what is rolling out is undone. */
  cancel(reason: GitkubeError): void {
    this.abort(reason);
    this.#parts.onCancel?.(reason);
  }

  /**
   * Unless it is too late for that.
   * @param isForced also a migration that runs
   * @returns whether it was not
   */
  tryCancel(reason: GitkubeError, isForced = false): boolean {
    if (this.#report.isFinished || this.session.phases.current === 'refs') return false;
    this.cancel(reason);
    if (isForced) this.#force.abort(reason);
    return true;
  }

  /** Nobody is left to hear a verdict, so nothing may still be decided; without effect when all is. */
  abort(reason: GitkubeError): void {
    this.#abort.abort(reason);
  }

  /** Nothing of it is under way any more. Never rejects. */
  async end(): Promise<void> {
    this.#prepared.resolve(undefined);
    await this.#report.end();
    this.session.ending.dispose();
  }
}
