import { randomBytes } from 'node:crypto';
import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import { type Logger, withLogFields } from '../../base/log.ts';
import { readHello } from '../../hooks/hello.ts';
import { readProcReceive, sendVerdicts } from '../../hooks/proc-receive.ts';
import type { HookSockets } from '../../hooks/sockets.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { Principal } from '../access/principal.ts';
import type { DeployContext } from '../deploys/context.ts';
import type { DeployFacts, DeployOutcome } from '../deploys/events.ts';
import { Phases } from '../deploys/phases.ts';
import { clearPushNote, notePush, type PushNote } from '../deploys/under-way-note.ts';
import { type GitProcess, spawnReceivePack, tookTooLong } from '../git/git-process.ts';
import type { Repository } from '../git/repository.ts';
import { type Accepted, runPreReceive } from './pre-receive.ts';
import { type Decision, runProcReceive } from './proc-receive.ts';
import { PushOutput, shortReason } from './push-output.ts';
import type { PushSession } from './push-session.ts';

/** One push, from the moment git is started for it to the moment git has ended. */
export class Push {
  readonly id = randomBytes(5).toString('hex');
  /** As it was when the push began. */
  readonly remote: Remote;
  readonly service: GitProcess;
  /** Resolves when git has ended and nothing of this push is under way any more; never rejects. */
  readonly done: Promise<void>;
  readonly #context: DeployContext;
  readonly #session: PushSession;
  readonly #hooks: HookSockets;
  readonly #log: Logger;
  readonly #abort = new AbortController();
  #receivedAt: number | undefined;
  #accepted: Accepted | undefined;
  #facts: DeployFacts | undefined;
  #finished = false;
  #noted: Promise<void> | undefined;
  /** What is left to do once git has ended. */
  #atEnd: (() => Promise<void>) | undefined;

  constructor(context: DeployContext, remote: Remote, repository: Repository, principal: Principal) {
    this.#context = context;
    this.remote = remote;
    this.#log = context.log;
    const { service, hooks } = spawnReceivePack(repository.path, context.receiveLimits);
    repository.beginReceive();
    this.service = service;
    this.#hooks = hooks;
    this.#session = {
      id: this.id,
      repository,
      principal,
      output: new PushOutput((text) => hooks.preReceive.write(text)),
      phases: new Phases(context.clock),
      signal: this.#abort.signal,
      ending: new DisposableStack(),
      waits: (facts) => {
        this.#noted ??= this.#note({ ...facts, waits: true });
      },
      announced: (facts) => {
        this.#facts = facts;
        this.#noted = Promise.all([this.#noted, repository.history()]).then(
          ([, { next: release }]) => this.#note({ ...facts, release }),
          this.#notNoted,
        );
        context.events.emit({ kind: 'deployStarted', deploy: facts });
      },
    };
    this.done = withLogFields({ push: this.id, remote: remote.id }, () => {
      this.#log.info({ by: principal.name, key: principal.fingerprint }, 'push began');
      return this.#run();
    });
  }

  /** True once git has the whole push: from here on it is finished, whether or not the client stays. */
  get received(): boolean {
    return this.#receivedAt !== undefined;
  }

  /**
   * Leaves a rollout under way and what follows it to end by itself, and ends everything else; `cancel` is for when that
   * takes too long.
   */
  drain(reason: GitkubeError): void {
    const { phases, output } = this.#session;
    if (this.#finished || phases.current === 'refs') return;
    if (phases.current === 'rollout') output.stage(`${reason.message}; this rollout is finished before`);
    else this.cancel(reason);
  }

  /** Ends the push: what is building is stopped, what is rolling out is put back. */
  cancel(reason: GitkubeError): void {
    this.#abort.abort(reason);
    if (!this.received) this.service.end(reason);
  }

  async #run(): Promise<void> {
    const { repository, ending } = this.#session;
    const hooks = Promise.all([this.#preReceive(), this.#procReceive()]);
    // Looked at when git has ended; until then a rejection without a listener would end the server.
    hooks.catch(() => {});
    const { maxReceiveMs } = this.#context.receiveLimits;
    const timer = setTimeout(() => this.received || this.service.end(tookTooLong('push', maxReceiveMs)), maxReceiveMs);
    await this.service.gone;
    clearTimeout(timer);
    // Nobody is left to hear a verdict, so nothing may still be decided; without effect after a normal end.
    this.#abort.abort(gitEnded());
    await this.service.done;
    const error = await hooks.then(() => this.#atEnd?.().then(() => undefined, asGitkubeError), asGitkubeError);
    if (error) this.#log.error({ err: error, cause: error.cause }, 'a hook failed');
    // Also when git went away between its two hooks: whoever was told of a beginning is told of the end.
    if (this.#facts && !this.#finished) this.#finish({ kind: 'failed', error: error ?? gitEnded() });
    if (!this.#finished)
      this.#log.info(
        { code: await this.service.done, phase: 'receive', reason: this.service.problem?.reason },
        'push ended before git had it',
      );
    await this.#noted
      ?.then(() => clearPushNote(repository.path, this))
      .catch((err) => this.#log.warn({ err }, notCleared));
    ending.dispose();
    repository.endReceive();
  }

  /** For the next start, should the server end before this push does. It does without on a full disk. */
  async #note({ branch, commit, by, ...state }: DeployFacts & Pick<PushNote, 'release' | 'waits'>): Promise<void> {
    const { release, waits } = state;
    await notePush(this.#session.repository.path, { id: this.id, branch, commit, by, release, waits }).catch(
      this.#notNoted,
    );
  }

  readonly #notNoted = (err: unknown) =>
    this.#log.warn({ err }, 'that this push is under way could not be written down');

  async #preReceive(): Promise<void> {
    const { preReceive, preReceiveExit } = this.#hooks;
    const step = await this.#step(async () => {
      const hello = await readHello(preReceive).catch(unreadable);
      if (!hello) return 'nothing received';
      this.#receivedAt = this.#context.clock.monotonic();
      const accepted = await runPreReceive(this.#context, this.#session, this.remote, hello, this.#receivedAt);
      if (accepted === 'checked') {
        this.#finish({ kind: 'checked' });
        return accepted;
      }
      this.#accepted = accepted;
      return 'accepted';
    });
    preReceive.end();
    preReceiveExit.end(step.value === 'accepted' ? '0\n' : '1\n');
  }

  async #procReceive(): Promise<void> {
    const { procReceive, procReceiveText } = this.#hooks;
    const commands = await readProcReceive(procReceive);
    if (!commands) {
      // What is left of the hook would keep git.
      for (const socket of [procReceive, procReceiveText]) socket.end();
      return;
    }
    // Whatever comes now says that git has given up on this hook, and will tell the pusher so: nothing may be decided.
    procReceive.once('data', () => this.#abort.abort(gitEnded()));
    this.#session.output.continueOn((text) => procReceiveText.write(text));
    const work = () => runProcReceive(this.#context, this.#session, this.#accepted, commands);
    const step = await this.#step(work);
    procReceiveText.end();
    if (step.error) {
      const reason = shortReason(step.error);
      return sendVerdicts(
        procReceive,
        commands.map(({ ref }) => ({ ref, ok: false, reason })),
      );
    }
    sendVerdicts(procReceive, step.value.verdicts);
    await this.#conclude(step.value.outcome);
  }

  async #conclude(outcome: Decision['outcome']): Promise<void> {
    if (outcome === undefined) return;
    if (typeof outcome === 'object') return this.#finish(outcome);
    this.#atEnd = async () => this.#finish(await outcome());
  }

  /** Runs a hook's work; an error goes to the pusher, the log and whoever observes. */
  async #step<T>(
    work: () => Promise<T>,
  ): Promise<{ value: T; error?: never } | { error: GitkubeError; value?: never }> {
    try {
      return { value: await work() };
    } catch (thrown) {
      const error = asGitkubeError(thrown);
      const level = error.kind === 'internal' ? 'error' : 'info';
      this.#log[level]({ err: error, cause: error.cause, reason: error.reason }, 'push refused');
      this.#session.output.failure(error, this.id);
      this.#finish({ kind: 'failed', error });
      return { error };
    }
  }

  #finish(outcome: DeployOutcome): void {
    this.#finished = true;
    const { events } = this.#context;
    const { durations, current: phase } = this.#session.phases;
    if (this.#facts) events.emit({ kind: 'deployFinished', deploy: this.#facts, outcome });
    events.emit({ kind: 'deployEnded', outcome, durations, phase, images: this.#accepted?.deploy?.images ?? [] });
    this.#log.info({ outcome: outcome.kind, phases: durations }, 'push finished');
  }
}

const notCleared = 'that this push was under way could not be deleted: the next start reports it as cut off';

function gitEnded(): GitkubeError {
  return new GitkubeError('Cancelled', 'git was ended before the push was done');
}

function unreadable(cause: unknown): never {
  const tooMany = cause instanceof RangeError;
  const what = tooMany ? 'these are too many refs and push options for one push' : 'this push names a ref that is none';
  throw new GitkubeError('RefRefused', what, { hint: 'push the branch alone: git push dev main', cause });
}
