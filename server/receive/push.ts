import { randomBytes } from 'node:crypto';
import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import { type Logger, withLogFields } from '../../base/log.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { Principal } from '../access/principal.ts';
import type { DeployContext } from '../deploys/context.ts';
import { DeployReport } from '../deploys/deploy-report.ts';
import { OutputLines } from '../deploys/output.ts';
import { Phases } from '../deploys/phases.ts';
import { type GitProcess, spawnReceivePack, tookTooLong } from '../git/git-process.ts';
import type { Repository } from '../git/repository.ts';
import { HookDialog } from './hook-dialog.ts';
import { PushOutput } from './push-output.ts';
import type { PushSession } from './push-session.ts';

/** One push, from the moment git is started for it to the moment git has ended. */
export class Push {
  readonly id = randomBytes(5).toString('hex');
  /** As it was when the push began. */
  readonly remote: Remote;
  readonly service: GitProcess;
  /** Resolves when git has ended and nothing of this push is under way any more; never rejects. */
  readonly done: Promise<void>;
  readonly #maxReceiveMs: number;
  readonly #session: PushSession;
  readonly #report: DeployReport;
  readonly #dialog: HookDialog;
  readonly #log: Logger;
  readonly #abort = new AbortController();

  constructor(context: DeployContext, remote: Remote, repository: Repository, principal: Principal) {
    const { id } = this;
    const { clock, events, onceReported, log, receiveLimits } = context;
    this.remote = remote;
    this.#log = log;
    this.#maxReceiveMs = receiveLimits.maxReceiveMs;
    const { service, hooks: sockets } = spawnReceivePack(repository.path, receiveLimits);
    repository.beginReceive();
    this.service = service;
    const phases = new Phases(clock);
    this.#report = new DeployReport({ id, repository, phases, events, onceReported, log });
    const { waits, announced } = this.#report;
    const pusher = new PushOutput((text) => sockets.preReceive.write(text));
    const output = new OutputLines();
    output.readBy(pusher.read);
    const session: PushSession = {
      id,
      repository,
      principal,
      output,
      phases,
      signal: this.#abort.signal,
      ending: new DisposableStack(),
      waits,
      announced,
    };
    this.#session = session;
    const onGivenUp = () => this.#abort.abort(gitEnded());
    this.#dialog = new HookDialog({ context, session, pusher, remote, sockets, report: this.#report, onGivenUp });
    this.done = withLogFields({ push: id, remote: remote.id }, () => {
      log.info({ by: principal.name, key: principal.fingerprint }, 'push began');
      return this.#run();
    });
  }

  /** True once git has the whole push: from here on it is finished, whether or not the client stays. */
  get received(): boolean {
    return this.#dialog.received;
  }

  /** Lets a rollout under way and what follows it end, and ends everything else; `cancel` is for when that takes too long. */
  drain(reason: GitkubeError): void {
    const { phases, output } = this.#session;
    if (this.#report.isFinished || phases.current === 'refs') return;
    if (phases.current === 'rollout') output.stage(`${reason.message}; finishing this rollout first`);
    else this.cancel(reason);
  }

  /** Ends the push: what is building is stopped, what is rolling out is undone. */
  cancel(reason: GitkubeError): void {
    this.#abort.abort(reason);
    if (!this.received) this.service.end(reason);
  }

  async #run(): Promise<void> {
    const { repository, ending } = this.#session;
    const hooks = this.#dialog.run();
    // Looked at when git has ended; until then a rejection without a listener would end the server.
    hooks.catch(() => {});
    await this.#gitGone();
    const error = await hooks
      .then(() => this.#dialog.conclude())
      .then(
        () => undefined,
        (thrown) => asGitkubeError(thrown),
      );
    if (error) this.#log.error({ err: error, cause: error.cause }, 'a hook failed');
    // Also when git went away between its two hooks: whoever was told of a beginning is told of the end.
    if (this.#report.isOpen) this.#report.finish({ kind: 'failed', error: error ?? gitEnded() }, this.#dialog.images);
    if (!this.received) {
      const code = await this.service.done;
      const { reason } = this.service.problem ?? {};
      this.#log.info({ code, phase: 'receive', reason }, 'push ended before git had it');
    }
    await this.#report.end();
    ending.dispose();
    repository.endReceive();
  }

  /** Resolves when git has ended, and its part of the push cannot be decided any more. */
  async #gitGone(): Promise<void> {
    const { service } = this;
    const late = () => this.received || service.end(tookTooLong('push', this.#maxReceiveMs));
    const timer = setTimeout(late, this.#maxReceiveMs);
    await service.gone;
    clearTimeout(timer);
    // Nobody is left to hear a verdict, so nothing may still be decided; without effect after a normal end.
    this.#abort.abort(gitEnded());
    await service.done;
  }
}

function gitEnded(): GitkubeError {
  return new GitkubeError('Cancelled', 'git was ended before the push was done');
}
