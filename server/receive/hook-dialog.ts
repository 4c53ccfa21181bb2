import { GitkubeError } from '../../base/errors.ts';
import { gitPush } from '../../base/server-hints.ts';
import { readPreReceiveRequest } from '../../hooks/pre-receive-request.ts';
import { readProcReceive, sendVerdicts } from '../../hooks/proc-receive.ts';
import type { HookSockets } from '../../hooks/sockets.ts';
import { aDeployBranch, allBranchesOf } from '../deploys/branches.ts';
import type { DeployContext } from '../deploys/context.ts';
import type { Deploy } from '../deploys/deploy.ts';
import type { DeployOutcome } from '../deploys/events.ts';
import { givenUpLine } from './given-up.ts';
import type { Others } from './join.ts';
import { type Accepted, runPreReceive } from './pre-receive.ts';
import { type Decision, runProcReceive } from './proc-receive.ts';
import { checkedReason, type PushOutput, shortReason } from './push-output.ts';
import type { PushReport } from './push-report.ts';

export interface HookDialogParts {
  readonly context: DeployContext;
  readonly deploy: Deploy;
  /** Reads what the deploy says. */
  readonly pusher: Pick<PushOutput, 'hold' | 'continueOn' | 'end'>;
  /** What git reports to the pusher. */
  readonly report: Pick<PushReport, 'reason'>;
  readonly sockets: HookSockets;
  readonly others: Others;
  /** Called when git gives up on its hooks: nothing may be decided any more. */
  readonly onGivenUp: () => void;
}

/** The dialog with git's two hooks in one push. */
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

  /** Resolves when both hooks have ended, or git before them. */
  async run(): Promise<void> {
    await Promise.all([this.#preReceive(), this.#procReceive()]);
  }

  /** Call it when git has ended: what only git could do is done now, or undone. */
  async conclude(): Promise<void> {
    if (this.#pending) this.#parts.deploy.finish(await this.#pending());
  }

  async #preReceive(): Promise<void> {
    const { context, deploy, pusher, report, sockets, others } = this.#parts;
    const { preReceive, preReceiveExit } = sockets;
    const { value, error } = await deploy.attempt(async () => {
      const request = await readPreReceiveRequest(preReceive).catch((cause) => unreadable(cause, deploy));
      if (!request) return undefined;
      this.#receivedAt = context.clock.monotonic();
      return runPreReceive(context, deploy, request, this.#receivedAt, others);
    });
    if (error) report.reason = shortReason(error);
    if (value === 'checked') {
      report.reason = checkedReason;
      deploy.finish({ kind: 'checked' });
    } else if (value && 'ended' in value) report.reason = value.ended;
    else this.#accepted = value;
    pusher.hold();
    preReceive.end();
    preReceiveExit.end(this.#accepted ? '0\n' : '1\n');
  }

  async #procReceive(): Promise<void> {
    const { context, deploy, pusher, sockets, onGivenUp } = this.#parts;
    const { procReceive, procReceiveText } = sockets;
    const commands = await readProcReceive(procReceive);
    if (!commands) {
      // A hook that is left would keep git running.
      for (const socket of [procReceive, procReceiveText]) socket.end();
      return;
    }
    // Anything that comes now means that git has given up on this hook, and says so to the pusher.
    let isDecided = false;
    let isGivenUp = false;
    procReceive.once('data', () => {
      isGivenUp = !isDecided;
      if (isGivenUp) context.log.warn('git has given up on its hook, and reports the push as rejected');
      onGivenUp();
    });
    pusher.continueOn(procReceiveText);
    const { value, error } = await deploy.attempt(() =>
      runProcReceive(context, deploy.session, this.#accepted, commands),
    );
    isDecided = true;
    if (value && isGivenUp) this.#sayWhatIsSo(value);
    pusher.end();
    procReceiveText.end();
    if (error) {
      const reason = shortReason(error);
      const verdicts = commands.map(({ ref }) => ({ ref, ok: false, reason }) as const);
      return sendVerdicts(procReceive, verdicts);
    }
    sendVerdicts(procReceive, value.verdicts);
    if (value.afterGit) this.#pending = value.afterGit;
    else if (value.outcome && !value.isJoined) deploy.finish(value.outcome);
  }

  #sayWhatIsSo(decision: Decision): void {
    const pushed = this.#accepted?.refs.deploy?.ref.replace(/^refs\/heads\//, '');
    const line = givenUpLine(pushed, decision);
    if (line !== undefined) this.#parts.deploy.session.output.stage(line);
  }
}

async function unreadable(cause: unknown, { remote, session }: Pick<Deploy, 'remote' | 'session'>): Promise<never> {
  const branch = aDeployBranch(await allBranchesOf(remote, session.repository));
  const tooMany = cause instanceof RangeError;
  const what = tooMany ? 'too many refs or push options in one push' : 'this push has an invalid ref name';
  throw new GitkubeError('RefRefused', what, {
    hint: `push the branch alone: ${gitPush({ to: branch })}`,
    cause,
  });
}
