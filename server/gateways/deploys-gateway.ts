import { GitkubeError } from '../../base/errors.ts';
import { askServer } from '../../base/server-hints.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { Audit } from '../access/audit.ts';
import { type ChoiceParts, chooseRemote } from '../access/choose-remote.ts';
import type { Refusal } from '../access/kept-refusals.ts';
import type { Principal } from '../access/principal.ts';
import type { RemoteName } from '../access/remote-name.ts';
import { firstPush } from '../deploys/own-target.ts';
import type { DeployRecord, DeployRecords, OutputPiece } from '../deploys/records/records.ts';
import type { Repositories } from '../git/repositories.ts';
import { type KeptRelease, listReleases } from '../releases/list-releases.ts';
import type { RemoteState } from './remote-state.ts';
import { whileAllowed } from './while-allowed.ts';

export interface DeploysGatewayOptions extends ChoiceParts {
  readonly state: (remote: Remote) => Promise<RemoteState>;
  readonly repositories: Pick<Repositories, 'findOf'>;
  readonly records: Pick<DeployRecords, 'all' | 'find'>;
  readonly audit: Pick<Audit, 'refusals'>;
}

/** One deploy, and what it says until its end. */
export interface DeployReading {
  readonly output: AsyncIterable<readonly OutputPiece[]>;
  /**
   * As it is now: its verdict is there when the output has ended.
   * @throws DeployNotFound when it was deleted since
   */
  readonly record: () => Promise<DeployRecord>;
}

/** What a key may read of the deploys of its Remotes. */
export class DeploysGateway {
  readonly #options: DeploysGatewayOptions;

  constructor(options: DeploysGatewayOptions) {
    this.#options = options;
  }

  /**
   * The newest first.
   * @param name undefined: the only Remote of this key
   * @throws RemoteUnknown; ServedElsewhere; UsageInvalid
   */
  async all(name: RemoteName | undefined, principal: Principal): Promise<readonly DeployRecord[]> {
    const remote = await chooseRemote(this.#options, name, principal, 'inspect');
    const repository = await this.#options.repositories.findOf(remote);
    return repository ? this.#options.records.all(repository) : [];
  }

  /** What keys were not let do since this server began, the newest first. @throws as `all` */
  async refusals(name: RemoteName | undefined, principal: Principal): Promise<readonly Refusal[]> {
    return this.#options.audit.refusals(await chooseRemote(this.#options, name, principal, 'inspect'));
  }

  /** What runs, and what is under way. @throws as `all` */
  async status(name: RemoteName | undefined, principal: Principal): Promise<RemoteState> {
    return this.#options.state(await chooseRemote(this.#options, name, principal, 'inspect'));
  }

  /** The newest first. @throws as `all` */
  async releases(name: RemoteName | undefined, principal: Principal): Promise<readonly KeptRelease[]> {
    const remote = await chooseRemote(this.#options, name, principal, 'inspect');
    const repository = await this.#options.repositories.findOf(remote);
    return repository ? listReleases(repository) : [];
  }

  /**
   * @param id of the deploy; undefined: the last one
   * @throws DeployNotFound; RemoteUnknown; ServedElsewhere; UsageInvalid
   */
  async read(
    name: RemoteName | undefined,
    id: string | undefined,
    principal: Principal,
    signal: AbortSignal,
  ): Promise<DeployReading> {
    const { records, repositories, access } = this.#options;
    const remote = await chooseRemote(this.#options, name, principal, 'inspect');
    const repository = await repositories.findOf(remote);
    const found = repository && (await records.find(repository, id));
    if (!found) throw deployNotFound(remote, id);
    const mayStill = () => void access.authorize(remote, principal, { verb: 'inspect' });
    return {
      output: whileAllowed(found.output(signal), mayStill),
      record: async () => (await found.read()) ?? deleted(remote, found.id),
    };
  }
}

/** @param id undefined: nothing was deployed at all */
export function deployNotFound(remote: Parameters<typeof firstPush>[0], id: string | undefined): GitkubeError {
  if (id === undefined) {
    return new GitkubeError('DeployNotFound', `nothing was deployed to ${remote.id} yet`, {
      hint: firstPush(remote),
    });
  }
  return new GitkubeError('DeployNotFound', `${remote.id} has no record of deploy ${id}`, {
    hint: `to list the records, with their ids, type: ${askServer(`deploys ${remote.id}`)}`,
  });
}

function deleted({ id: remote }: Pick<Remote, 'id'>, id: string): never {
  throw new GitkubeError('DeployNotFound', `the record of deploy ${id} of ${remote} was deleted while it was read`, {
    hint: `to list the records that are left, type: ${askServer(`deploys ${remote}`)}`,
  });
}
