import { again } from '../../base/again.ts';
import { GitkubeError } from '../../base/errors.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { Access } from '../access/access.ts';
import { requireUnlocked } from '../access/lock.ts';
import type { Act } from '../access/may.ts';
import { principalIn } from '../access/principal.ts';
import type { RemoteName } from '../access/remote-name.ts';
import type { DeployContext } from '../deploys/context.ts';
import type { DoorFacts } from '../deploys/deploy.ts';
import type { DeploysUnderWay, DeployUnderWay } from '../deploys/deploys-under-way.ts';
import type { Repository } from '../git/repository.ts';
import { requireFree } from '../git/room.ts';
import type { RepositoryOwner } from '../lifecycle/repository-owner.ts';

export interface DoorParts {
  readonly context: DeployContext;
  readonly access: Pick<Access, 'known' | 'authorize'>;
  readonly owner: Pick<RepositoryOwner, 'open'>;
  readonly underWay: Pick<DeploysUnderWay, 'requireOpen' | 'requireRoom' | 'add' | 'of' | 'ofAll'>;
}

/**
 * Lets a deploy begin, whatever asks for it.
 * @param begin waits for nothing: between the last look at the Remote and its place among those under way there is no
 * moment in which the Remote could be deleted without finding it
 * @throws ShuttingDown; DiskFull; ServerBusy; RemoteUnknown; ServedElsewhere; AccessDenied and the like; Locked
 */
export async function openDeploy<One extends DeployUnderWay>(
  parts: DoorParts,
  name: RemoteName,
  act: Act,
  begin: (deploy: DoorFacts) => One,
): Promise<One> {
  const { context, underWay } = parts;
  const { remote, repository } = await openForDeploy(parts, name, act);
  underWay.requireOpen();
  underWay.requireRoom(remote.namespace);
  const one = begin({ context, remote, repository, principal: principalIn(remote, act.principal) });
  underWay.add(one);
  return one;
}

/** Opens it where a deploy may begin now. @throws as `openDeploy` */
export async function openForDeploy(parts: DoorParts, name: RemoteName, act: Act): ReturnType<typeof openRepository> {
  const { context, underWay } = parts;
  underWay.requireOpen();
  await requireFree(context.repositories.folder, context.receiveLimits.minFreeBytes);
  const opened = await openRepository(parts, name, act);
  // To which environment a push is shows its refs.
  if (act.verb !== 'send' || opened.remote.environments.length === 0) requireUnlocked(opened.remote);
  underWay.requireOpen();
  underWay.requireRoom(opened.remote.namespace);
  return opened;
}

/** @throws RemoteUnknown; ServedElsewhere; AccessDenied and the like */
export async function openRepository(
  { access, owner }: Pick<DoorParts, 'access' | 'owner'>,
  name: RemoteName,
  { principal, ...wish }: Act,
): Promise<{ readonly remote: Remote; readonly repository: Repository }> {
  await access.known(name);
  const asked = access.authorize(name, principal, wish);
  const whole = await owner.open(asked);
  const repository = await whole.of(asked.environment);
  // Opening may have taken a moment, in which the Remote was deleted, or created again.
  const remote = access.authorize(name, principal, wish);
  if (remote.uid === asked.uid) return { remote, repository };
  throw new GitkubeError('RemoteUnknown', `the Remote ${asked.id} was deleted and created again`, {
    hint: again,
  });
}
