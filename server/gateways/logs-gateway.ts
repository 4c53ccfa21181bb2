import { type ChoiceParts, chooseRemote } from '../access/choose-remote.ts';
import type { Principal } from '../access/principal.ts';
import type { RemoteName } from '../access/remote-name.ts';
import type { Repositories } from '../git/repositories.ts';
import { type LogsParts, type LogsWish, podLogs } from '../logs/pod-logs.ts';
import { whileAllowed } from './while-allowed.ts';
import { workloadsOf } from './workloads-of.ts';

export interface LogsGatewayOptions extends ChoiceParts, LogsParts {
  readonly repositories: Pick<Repositories, 'findOf'>;
}

/** What the pods of a key's Remotes print. */
export class LogsGateway {
  readonly #options: LogsGatewayOptions;

  constructor(options: LogsGatewayOptions) {
    this.#options = options;
  }

  /**
   * Line by line.
   * @param name undefined: the only Remote of this key
   * @throws RemoteUnknown; ServedElsewhere; UsageInvalid; WorkloadNotFound; ContainerNotFound
   */
  async read(
    name: RemoteName | undefined,
    wish: LogsWish,
    principal: Principal,
    signal: AbortSignal,
  ): Promise<AsyncIterable<string>> {
    const { access, repositories } = this.#options;
    const remote = await chooseRemote(this.#options, name, principal, 'inspect');
    const repository = await repositories.findOf(remote);
    const release = (await repository?.releases())?.[0];
    // Manifests are applied elsewhere with the rights of their account, and logs are read with those of the server.
    const workloads = workloadsOf(remote, release).filter(({ namespace }) => namespace === remote.namespace);
    const lines = await podLogs(this.#options, workloads, wish, signal);
    return whileAllowed(lines, () => void access.authorize(remote, principal, { verb: 'inspect' }));
  }
}
