import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import { duration } from '../../base/text.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { Verdict } from '../../hooks/proc-receive.ts';
import { assertNotRevoked, confirmToken } from '../access/reauthorize.ts';
import type { DeployContext } from '../deploys/context.ts';
import type { Deploy, PreparedDeploy } from '../deploys/deploy.ts';
import type { DeployOutcome } from '../deploys/events.ts';
import { leftOutLine } from '../deploys/output.ts';
import { verbOf } from '../deploys/verb-of.ts';
import type { Others } from './join.ts';
import { checkedReason, shortReason } from './push-output.ts';
import { buildVerdict, deployVerdict } from './verdicts.ts';

export interface JoinedDeployParts {
  readonly context: Pick<DeployContext, 'audit' | 'clock' | 'remotes' | 'log'>;
  readonly records: Others['records'];
  /** Of the push that joins. */
  readonly own: Deploy;
  readonly other: Deploy;
}

/** What becomes of a joined deploy, for the push that has joined it. */
export interface JoinedVerdict {
  readonly verdict: Verdict;
  readonly outcome: DeployOutcome | undefined;
}

/**
 * A push that pushes what is being deployed already: it changes nothing, has the output of that deploy from its first line
 * on, and its verdict. Whatever becomes of this push, the deploy goes on.
 */
export class JoinedDeploy {
  readonly #parts: JoinedDeployParts;
  readonly #output: Promise<void>;
  #saidWhy = false;

  constructor(parts: JoinedDeployParts) {
    const { own, other } = parts;
    this.#parts = parts;
    own.join(other);
    const ms = Object.values(other.session.phases.durations).reduce((sum, one) => sum + one, 0);
    own.session.output.stage(
      `Joined deploy ${other.id} of ${other.label}, which began ${duration(ms)} ago: its output`,
    );
    this.#output = this.#copyOutput();
    // Awaited when the deploy is over; until then a rejection without a listener would end the server.
    this.#output.catch(() => {});
  }

  /**
   * Resolves when the deploy is checked and its images are in the registry; false: it ended before, and its output was
   * copied to its end.
   * @throws the reason of the signal of this push; RemoteUnknown when its key may not deploy any more
   */
  async isPrepared(): Promise<boolean> {
    if (await this.#unlessRevoked(this.#parts.other.prepared)) return true;
    await this.#outcome();
    return false;
  }

  /** Why it ended before anything was changed, for git's own line. */
  async reason(): Promise<string> {
    const outcome = await this.#outcome();
    if (outcome?.kind === 'checked') return checkedReason;
    return shortReason(outcome?.kind === 'failed' ? outcome.error : noVerdict());
  }

  /** Resolves when the deploy is over and its output was copied. @throws as `isPrepared` */
  async verdict(ref: string): Promise<JoinedVerdict> {
    const outcome = await this.#outcome();
    const prepared = await this.#parts.other.prepared;
    return { verdict: verdictOf(ref, outcome, prepared), outcome };
  }

  async #outcome(): Promise<DeployOutcome | undefined> {
    const { own, other } = this.#parts;
    const outcome = await this.#unlessRevoked(other.outcome);
    await this.#output;
    // On a disk that is full the lines are not kept.
    if (outcome?.kind !== 'failed' || this.#saidWhy) return outcome;
    this.#saidWhy = true;
    own.session.output.failure(outcome.error, other.id);
    return outcome;
  }

  /** A disk that cannot be read costs the lines, and not the verdict. */
  async #copyOutput(): Promise<void> {
    const { context, own } = this.#parts;
    try {
      await this.#copyKept();
    } catch (thrown) {
      own.session.signal.throwIfAborted();
      this.#requireAllowed();
      context.log.warn({ err: asGitkubeError(thrown) }, 'the output of a joined deploy could not be read');
    }
  }

  /** Its output as far as its record has it, and all of it that comes. */
  async #copyKept(): Promise<void> {
    const { records, own, other } = this.#parts;
    const { output, repository, signal } = own.session;
    const kept = await records.find(repository, other.id);
    if (!kept) return;
    for await (const pieces of kept.output(signal)) {
      this.#requireAllowed();
      for (const piece of pieces) {
        if ('leftOut' in piece) output.stage(leftOutLine(piece.leftOut));
        else output.relay(piece);
        this.#saidWhy ||= 'kind' in piece && piece.kind === 'error';
      }
    }
  }

  async #unlessRevoked<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#parts.own.session;
    const value = await untilAborted(Promise.race([work, this.#failure()]), signal);
    const { context, own } = this.#parts;
    // It changes nothing: that nobody knows ends it no more than a piece of output that cannot be read.
    await confirmToken(context, { principal: own.session.principal, verb: 'send' }, own.remote, signal).catch(
      (thrown) => {
        if (signal.aborted || asGitkubeError(thrown).kind !== 'transient') throw thrown;
      },
    );
    this.#requireAllowed();
    return value;
  }

  /** Rejects when the output cannot be copied on: the key has lost its right. Never resolves. */
  async #failure(): Promise<never> {
    await this.#output;
    return new Promise<never>(() => {});
  }

  #requireAllowed(): void {
    const { context, own, other } = this.#parts;
    const { principal } = own.session;
    const { asked } = other;
    const act = asked ? { verb: verbOf(asked), branches: [asked.revision.branch] } : ({ verb: 'send' } as const);
    assertNotRevoked(context, { principal, ...act }, own.remote);
  }
}

/** What git answered, or is to answer, to the push whose deploy it is. */
function verdictOf(ref: string, outcome: DeployOutcome | undefined, prepared: PreparedDeploy | undefined): Verdict {
  if (outcome?.kind === 'failed') return { ref, ok: false, reason: shortReason(outcome.error) };
  if (!outcome || !prepared) return { ref, ok: false, reason: shortReason(noVerdict()) };
  // Only its own git can move a branch to a commit from a shallow clone, and has done so.
  return outcome.kind === 'built' ? buildVerdict(prepared) : deployVerdict({ ...prepared, isShallow: false });
}

function noVerdict(): GitkubeError {
  return new GitkubeError('Cancelled', 'the deploy ended without a verdict');
}
