import { editCommand } from '../../base/edit-remote.ts';
import { GitkubeError } from '../../base/errors.ts';
import { gitPush } from '../../base/server-hints.ts';
import { shortId } from '../../base/text.ts';
import type { PlannedImage, PromotedImage } from '../../builder/index.ts';
import { type PromotionSpec, type Remote, remoteIdOf } from '../../remote-crd/index.ts';
import { nameOf, type Release } from '../git/release.ts';
import { branchesBefore, branchesOf } from './branches.ts';
import type { DeployContext } from './context.ts';
import { registryCredentials } from './registry-credentials.ts';

type Context = Pick<DeployContext, 'remotes' | 'repositories' | 'kube'>;

/** A release of another Remote that has the commit. */
export interface Promotion {
  readonly source: Remote;
  readonly release: Release;
  /** By build key. */
  readonly images: ReadonlyMap<string, PromotedImage>;
}

/**
 * The newest release of the commit in the first Remote of `spec.promoteFrom` that has one.
 * @returns undefined: nothing is promoted
 * @throws NotPromoted where only what is promoted may run; RemoteInvalid where a Remote may not be promoted from
 */
export async function findPromotion(
  context: Context,
  remote: Pick<Remote, 'id' | 'namespace' | 'name' | 'promotion'>,
  commit: string,
): Promise<Promotion | undefined> {
  const { promotion } = remote;
  if (!promotion) return undefined;
  for (const id of promotion.from) {
    const source = sourceOf(context, remote, id);
    const repository = await context.repositories.findOf(source);
    const release = await repository?.newestReleaseOf(commit);
    if (release) return { source, release, images: await imagesOf(context, source, release) };
  }
  if (promotion.isRequired) throw notReleased(promotion, remote, commit, await branchOfFirst(context, promotion));
  return undefined;
}

/** That deploys the first one that is promoted from. */
async function branchOfFirst({ remotes, repositories }: Context, { from: [id = ''] }: PromotionSpec): Promise<string> {
  const source = remotes.entry(id)?.remote;
  const repository = source && (await repositories.findOf(source));
  const branches = repository ? (await branchesOf(source, repository)).deploy : source && branchesBefore(source);
  return branches?.[0] ?? 'main';
}

/**
 * Where only what is promoted may run, each image of a workload has to be one.
 * @throws NotPromoted
 */
export function requirePromoted(
  { id, promotion, branch }: Pick<Remote, 'id' | 'promotion' | 'branch'>,
  found: Promotion | undefined,
  planned: readonly PlannedImage[],
): void {
  if (!promotion?.isRequired || !found) return;
  const other = planned.find((image) => image.target.task === undefined && !image.promoted);
  if (!other) return;
  const { source, release } = found;
  const sameBranch = branch === source.branch;
  const message = `${other.label} would have to be built: ${nameOf(release)} of ${remoteIdOf(source)} has no image of the same build`;
  throw new GitkubeError('NotPromoted', message, {
    hint: [
      `give the container the same path, dockerfile, target, buildArgs and secrets in ${id} and in ${source.id}, and push there again`,
      ...(sameBranch
        ? []
        : [
            'remove ARG GITKUBE_BRANCH from its Dockerfile, if it is there: each branch builds an image of its own then',
          ]),
    ],
  });
}

function sourceOf({ remotes }: Context, remote: Pick<Remote, 'id' | 'namespace' | 'name'>, id: string): Remote {
  const source = remotes.entry(id)?.remote;
  const refuse = (why: string, hint: string) =>
    new GitkubeError('RemoteInvalid', `${remote.id} cannot deploy: spec.promoteFrom names ${id}, ${why}`, { hint });
  const isOwn = id.startsWith(`${remote.namespace}/`);
  const isLet = [remote.id, remoteIdOf(remote)].some((one) => source?.promoteTo?.includes(one));
  if (source && (isOwn || isLet)) return source;
  if (isOwn) throw refuse('and this server serves no such Remote', `correct it: ${editCommand(remote)}`);
  // Which Remotes other namespaces have is theirs to say.
  throw refuse('which is no Remote that lets it', `ask an owner of ${id} to add ${remote.id} to its spec.promoteTo`);
}

async function imagesOf(context: Context, source: Remote, release: Release): Promise<Promotion['images']> {
  const from = `${remoteIdOf(source)} ${nameOf(release)}`;
  const credentialsOf = await registryCredentials(context, source);
  return new Map(
    release.record.images.map(({ buildKey, image: reference }) => {
      const credentials = credentialsOf(reference.replace(/@.*/, ''));
      return [buildKey, { reference, from, ...(credentials && { credentials }) }];
    }),
  );
}

function notReleased({ from }: PromotionSpec, { id }: Pick<Remote, 'id'>, commit: string, to: string): GitkubeError {
  const [first = '', ...others] = from;
  const message = `commit ${shortId(commit)} has no release in ${[first, ...others].join(' or ')}, and ${id} runs nothing else`;
  return new GitkubeError('NotPromoted', message, {
    hint: `push it there first, then here again: ${gitPush({ id: first, from: commit.slice(0, 12), to })}`,
  });
}
