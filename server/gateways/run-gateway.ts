import type { Clock } from '../../base/clock.ts';
import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { askToTurnOn } from '../../base/server-hints.ts';
import { plain } from '../../base/text.ts';
import type { ContainerEnd } from '../../deployer/index.ts';
import type { EventRecorder, Remote, Remotes } from '../../remote-crd/index.ts';
import { type ChoiceParts, chooseRemote } from '../access/choose-remote.ts';
import { type Principal, principalIn } from '../access/principal.ts';
import type { RemoteName } from '../access/remote-name.ts';
import type { Repositories } from '../git/repositories.ts';
import { lastRelease } from '../releases/last-release.ts';
import { chooseContainer, releasedImage } from '../runs/choose-container.ts';
import type { RunClient } from '../runs/client.ts';
import type { RunRequest } from '../runs/one-run.ts';
import { Interrupted, type Runs, TimeOver } from '../runs/runs.ts';

export interface RunGatewayOptions extends Pick<ChoiceParts, 'access' | 'branches'> {
  readonly remotes: ChoiceParts['remotes'] & Pick<Remotes, 'onChange'>;
  readonly repositories: Pick<Repositories, 'findOf'>;
  readonly runs: Pick<Runs, 'run'>;
  /** Whether the operator allows it: it takes rights that the server does not need for anything else. */
  readonly isOn: boolean;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface RunWish {
  /** `<workload>/<container>`, or the name of a container. */
  readonly container: string;
  readonly command: readonly string[];
  readonly tty: boolean;
  readonly timeoutSeconds: number;
}

/** How a run has ended: with an exit code of its own, or before that. */
export type RunEnd = ContainerEnd | EarlyEnd;
/** Its time was over, Ctrl-C was typed before it began, or its client has left. */
type EarlyEnd = 'time over' | 'interrupted' | 'client left';

const checkedEveryMs = 5000;

/** Runs commands in pods of what runs. No deploy: it takes no turn, and a lock does not keep it off. */
export class RunGateway {
  readonly #options: RunGatewayOptions;

  constructor(options: RunGatewayOptions) {
    this.#options = options;
  }

  /**
   * Resolves at the end of the command.
   * @param name undefined: the only Remote of this key
   * @throws RunOff; RemoteUnknown; ServedElsewhere; UsageInvalid; ContainerNotFound; ReleaseNotFound; ServerBusy; what keeps its
   * pod from running
   */
  async run(name: RemoteName | undefined, wish: RunWish, principal: Principal, client: RunClient): Promise<RunEnd> {
    const remote = await chooseRemote(this.#options, name, principal, 'run');
    if (!this.#options.isOn) throw runOff();
    const chosen = chooseContainer(remote, wish.container);
    const repository = await this.#options.repositories.findOf(remote);
    const release = repository && lastRelease(await repository.history(), repository.environment);
    const by = principalIn(remote, principal).name;
    const { command, tty, timeoutSeconds } = wish;
    const image = releasedImage(release, remote, chosen);
    const request = { remote, chosen, image, command, tty, timeoutSeconds, by };
    using right = this.#whileAllowed(remote, principal, await this.#options.branches(remote));
    right.signal.throwIfAborted();
    const work = () => this.#options.runs.run(request, client, right.signal);
    return await this.#audited(request, principal, client.left, work);
  }

  /** Aborts when the key loses its right. */
  #whileAllowed(
    remote: Remote,
    principal: Principal,
    branches: readonly string[],
  ): Disposable & { readonly signal: AbortSignal } {
    const { access, remotes } = this.#options;
    const lost = new AbortController();
    const check = () => {
      if (lost.signal.aborted) return;
      try {
        access.authorize(remote, principal, { verb: 'run', branches });
      } catch (thrown) {
        lost.abort(thrown);
      }
    };
    const off = remotes.onChange(({ id }) => void (id === remote.id && check()));
    // It may have lost it since it was asked for.
    check();
    // A key expires without a change of the Remote.
    const timer = setInterval(check, checkedEveryMs);
    const dispose = () => {
      clearInterval(timer);
      off();
    };
    return { signal: lost.signal, [Symbol.dispose]: dispose };
  }

  /** Whatever it came to, an Event and a line of the log say who ran what. */
  async #audited(
    request: RunRequest,
    { fingerprint: key }: Principal,
    left: AbortSignal,
    work: () => Promise<ContainerEnd>,
  ): Promise<RunEnd> {
    const { clock, events, log } = this.#options;
    const startedAt = clock.monotonic();
    const { remote, chosen, command, by } = request;
    const container = `${chosen.workload.name}/${chosen.container}`;
    const words = plain(command.join(' '), 300);
    const facts = { remote: remote.id, by, key, container, command: words };
    // A server that is killed writes no line at the end.
    log.info(facts, 'a command begins');
    const report = (end: string, code?: number) => {
      const seconds = Math.round(clock.monotonic() - startedAt) / 1000;
      log.info({ ...facts, code, end, seconds }, 'a command was run');
      events.record(remote, {
        reason: 'Ran',
        message: `${by} ran in ${container}: ${words} (${end}, ${Math.round(seconds)} s)`,
      });
    };
    try {
      const end = await work();
      report(`exit code ${end.code}`, end.code);
      return end;
    } catch (thrown) {
      const known = endOf(thrown, left);
      report(known ?? asGitkubeError(thrown).message);
      if (known) return known;
      throw thrown;
    }
  }
}

function endOf(thrown: unknown, left: AbortSignal): EarlyEnd | undefined {
  if (left.aborted) return 'client left';
  if (thrown instanceof TimeOver) return 'time over';
  return thrown instanceof Interrupted ? 'interrupted' : undefined;
}

function runOff(): GitkubeError {
  return new GitkubeError('RunOff', 'run is off on this server', {
    hint: askToTurnOn('run'),
  });
}
