import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import { withLogFields } from '../../base/log.ts';
import { Deploy, type DoorFacts } from '../deploys/deploy.ts';
import type { UnderWay } from '../deploys/deploys-under-way.ts';
import { type GitProcess, spawnReceivePack, tookTooLong } from '../git/git-process.ts';
import { HookDialog } from './hook-dialog.ts';
import type { Others } from './join.ts';
import { PushOutput } from './push-output.ts';
import { PushReport } from './push-report.ts';
import { type Past, standingLines } from './standing.ts';

/** One push, from the moment git is started for it to the moment git has ended. */
export class Push implements UnderWay {
  readonly deploy: Deploy;
  readonly service: GitProcess;
  /** Resolves when git has ended and nothing of this push is under way any more; never rejects. */
  readonly done: Promise<void>;
  readonly #parts: DoorFacts;
  readonly #others: Others & Past;
  readonly #dialog: HookDialog;
  readonly #report = new PushReport();

  /** @param transport of its client */
  constructor(parts: DoorFacts, others: Others & Past, transport: 'ssh' | 'rpc' = 'ssh') {
    const { context, repository, principal } = parts;
    const { log, receiveLimits } = context;
    this.#parts = parts;
    this.#others = others;
    const { service, hooks: sockets } = spawnReceivePack(repository.path, receiveLimits, transport);
    repository.beginReceive();
    this.service = service;
    const deploy = new Deploy({
      ...parts,
      receivePacks: 1,
      onCancel: (reason) => this.received || service.end(reason),
    });
    this.deploy = deploy;
    const pusher = new PushOutput(sockets.preReceive);
    deploy.session.output.readBy(pusher.read);
    const onGivenUp = () => deploy.abort(gitEnded());
    this.#dialog = new HookDialog({ context, deploy, pusher, report: this.#report, sockets, others, onGivenUp });
    const { logFields } = deploy;
    // Which environment it is to is known when git has its refs.
    this.done = withLogFields(
      () => logFields,
      () => {
        log.info({ by: principal.name, key: principal.fingerprint }, 'push began');
        return this.#run();
      },
    );
  }

  /** True once git has the whole push: from here on it is finished, whether or not the client stays. */
  get received(): boolean {
    return this.#dialog.received;
  }

  /** What the client gets of what git answers. */
  get relay(): PushReport['relay'] {
    return this.#report.relay;
  }

  /**
   * Call it when git has ended without an error: what its client reads in addition.
   * @returns undefined: git has said all of it
   */
  async lastLines(): Promise<string[] | undefined> {
    return this.received ? undefined : standingLines(this.#others, this.#parts);
  }

  async #run(): Promise<void> {
    const { deploy, service } = this;
    const { context, repository } = this.#parts;
    const hooks = this.#dialog.run();
    // Awaited when git has ended; until then a rejection without a listener would end the server.
    hooks.catch(() => {});
    await this.#gitGone();
    const error = await hooks
      .then(() => this.#dialog.conclude())
      .then(
        () => undefined,
        (thrown) => asGitkubeError(thrown),
      );
    if (error) context.log.error({ err: error, cause: error.cause }, 'a hook failed');
    // Also when git went away between its two hooks: each beginning that was reported needs its end.
    if (deploy.isOpen) deploy.finish({ kind: 'failed', error: error ?? gitEnded() });
    if (!this.received) {
      const code = await service.done;
      const { reason } = service.problem ?? {};
      context.log.info({ code, phase: 'receive', reason }, 'push ended before git had it');
    }
    await deploy.end();
    repository.endReceive();
  }

  /** Resolves when git has ended, and its part of the push cannot be decided any more. */
  async #gitGone(): Promise<void> {
    const { service } = this;
    const { maxReceiveMs } = this.#parts.context.receiveLimits;
    const late = () => this.received || service.end(tookTooLong('push', maxReceiveMs));
    const timer = setTimeout(late, maxReceiveMs);
    await service.gone;
    clearTimeout(timer);
    // Nobody is left to read a verdict, so nothing may be decided any more; without effect after a normal end.
    this.deploy.abort(gitEnded());
    await service.done;
  }
}

function gitEnded(): GitkubeError {
  return new GitkubeError('Cancelled', 'git was ended before the push was done');
}
