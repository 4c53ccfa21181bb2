import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import { askServer } from '../../base/server-hints.ts';
import type { CommandedDeploy } from '../deploys/commanded-deploy.ts';
import type { DeployOutcome } from '../deploys/events.ts';
import type { EndsWithClient } from '../deploys/triggers/trigger.ts';
import { whileAllowed } from './while-allowed.ts';

/** A deploy as the person reads it who has asked for it, as long as the key may read it. The deploy goes on without. */
export class FollowedDeploy {
  readonly #commanded: Pick<CommandedDeploy, 'deploy' | 'output'>;
  readonly #mayStill: () => void;

  readonly #endsWithClient: EndsWithClient;

  /**
   * @param mayStill throws when the key may read it no more
   * @param endsWithClient nobody but its reader needs it
   */
  constructor(
    commanded: Pick<CommandedDeploy, 'deploy' | 'output'>,
    mayStill: () => void,
    endsWithClient: EndsWithClient = false,
  ) {
    this.#commanded = commanded;
    this.#mayStill = mayStill;
    this.#endsWithClient = endsWithClient;
  }

  /** Its reader has left. */
  leave(): void {
    const { deploy } = this.#commanded;
    const isLate = this.#endsWithClient === 'before it migrates' && deploy.session.phases.current === 'migrate';
    if (this.#endsWithClient && !isLate)
      deploy.tryCancel(new GitkubeError('Cancelled', 'the client that asked for it has left'));
  }

  /** Undefined: the server stopped before it ended. */
  get outcome(): Promise<DeployOutcome | undefined> {
    return this.#commanded.deploy.outcome;
  }

  /** Whole lines as they come, to the end, or until the reader leaves. @throws what `mayStill` throws */
  until(left: AbortSignal): AsyncGenerator<string> {
    return whileAllowed(this.#commanded.output.until(left), () => this.#requireAllowed());
  }

  /** Its exit code says that the command has failed, and must not say that nothing changes. */
  #requireAllowed(): void {
    try {
      this.#mayStill();
    } catch (thrown) {
      const { reason, message } = asGitkubeError(thrown);
      const { id, remote } = this.#commanded.deploy;
      throw new GitkubeError(reason, message, {
        hint: `deploy ${id} goes on; anyone who may still read it types: ${askServer(`output ${remote.id} ${id}`)}`,
      });
    }
  }
}
