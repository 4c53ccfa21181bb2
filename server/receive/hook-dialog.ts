import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import type { BuiltImage } from '../../builder/index.ts';
import { readPreReceiveRequest } from '../../hooks/pre-receive-request.ts';
import { readProcReceive, sendVerdicts } from '../../hooks/proc-receive.ts';
import type { HookSockets } from '../../hooks/sockets.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { DeployContext } from '../deploys/context.ts';
import type { DeployReport } from '../deploys/deploy-report.ts';
import type { DeployOutcome } from '../deploys/events.ts';
import { givenUpLine } from './given-up.ts';
import { type Accepted, runPreReceive } from './pre-receive.ts';
import { type Decision, runProcReceive } from './proc-receive.ts';
import { type PushOutput, shortReason } from './push-output.ts';
import type { PushSession } from './push-session.ts';

export interface HookDialogParts {
  readonly context: DeployContext;
  readonly session: PushSession;
  /** Reads what the deploy says. */
  readonly pusher: Pick<PushOutput, 'continueOn'>;
  /** As it was when the push began. */
  readonly remote: Remote;
  readonly sockets: HookSockets;
  readonly report: DeployReport;
  /** Called when git gives up on its hooks: nothing may be decided any more. */
  readonly onGivenUp: () => void;
}

type Result<T> =
  | { readonly value: T; readonly error?: never }
  | { readonly error: GitkubeError; readonly value?: never };

/** What git's two hooks ask in one push, and what they are answered. */
export class HookDialog {
  readonly #parts: HookDialogParts;
  #receivedAt: number | undefined;
  #accepted: Accepted | undefined;
  /** What is decided only when git has ended. */
  #pending: (() => Promise<DeployOutcome>) | undefined;

  constructor(parts: HookDialogParts) {
    this.#parts = parts;
  }

  /** True once git has the whole push. */
  get received(): boolean {
    return this.#receivedAt !== undefined;
  }

  /** What it has built or found; empty when it came to none. */
  get images(): readonly BuiltImage[] {
    return this.#accepted?.deploy?.images ?? [];
  }

  /** Resolves when both hooks have ended, or git before them. */
  async run(): Promise<void> {
    await Promise.all([this.#preReceive(), this.#procReceive()]);
  }

  /** Call it when git has ended: what only git could do is done now, or undone. */
  async conclude(): Promise<void> {
    if (this.#pending) this.#finish(await this.#pending());
  }

  async #preReceive(): Promise<void> {
    const { context, session, remote, sockets } = this.#parts;
    const { preReceive, preReceiveExit } = sockets;
    const { value } = await this.#attempt(async () => {
      const request = await readPreReceiveRequest(preReceive).catch(unreadable);
      if (!request) return undefined;
      this.#receivedAt = context.clock.monotonic();
      return runPreReceive(context, session, remote, request, this.#receivedAt);
    });
    if (value === 'checked') this.#finish({ kind: 'checked' });
    else this.#accepted = value;
    preReceive.end();
    preReceiveExit.end(this.#accepted ? '0\n' : '1\n');
  }

  async #procReceive(): Promise<void> {
    const { context, session, pusher, sockets, onGivenUp } = this.#parts;
    const { procReceive, procReceiveText } = sockets;
    const commands = await readProcReceive(procReceive);
    if (!commands) {
      // What is left of the hook would keep git.
      for (const socket of [procReceive, procReceiveText]) socket.end();
      return;
    }
    // Whatever comes now says that git has given up on this hook, and will tell the pusher so.
    let isDecided = false;
    let isGivenUp = false;
    procReceive.once('data', () => {
      isGivenUp = !isDecided;
      if (isGivenUp) context.log.warn('git has given up on its hook, and says that what was pushed is rejected');
      onGivenUp();
    });
    pusher.continueOn((text) => procReceiveText.write(text));
    const { value, error } = await this.#attempt(() => runProcReceive(context, session, this.#accepted, commands));
    isDecided = true;
    if (value && isGivenUp) this.#sayWhatIsSo(value);
    procReceiveText.end();
    if (error) {
      const reason = shortReason(error);
      const verdicts = commands.map(({ ref }) => ({ ref, ok: false, reason }) as const);
      return sendVerdicts(procReceive, verdicts);
    }
    sendVerdicts(procReceive, value.verdicts);
    if (value.afterGit) this.#pending = value.afterGit;
    else if (value.outcome) this.#finish(value.outcome);
  }

  #sayWhatIsSo(decision: Decision): void {
    const pushed = this.#accepted?.refs.deploy?.ref.replace(/^refs\/heads\//, '');
    const line = givenUpLine(pushed, decision);
    if (line !== undefined) this.#parts.session.output.stage(line);
  }

  /** Runs a hook's work; an error goes to the pusher, the log and the report. */
  async #attempt<T>(work: () => Promise<T>): Promise<Result<T>> {
    const { context, session } = this.#parts;
    try {
      return { value: await work() };
    } catch (thrown) {
      const error = asGitkubeError(thrown);
      const level = error.kind === 'internal' ? 'error' : 'info';
      context.log[level]({ err: error, cause: error.cause, reason: error.reason }, 'push refused');
      session.output.failure(error, session.id);
      this.#finish({ kind: 'failed', error });
      return { error };
    }
  }

  #finish(outcome: DeployOutcome): void {
    this.#parts.report.finish(outcome, this.images);
  }
}

function unreadable(cause: unknown): never {
  const tooMany = cause instanceof RangeError;
  const what = tooMany ? 'too many refs or push options in one push' : 'this push names a ref that is none';
  throw new GitkubeError('RefRefused', what, { hint: 'push the branch alone: git push dev main', cause });
}
