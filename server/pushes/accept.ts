import type { PreparedManifests } from '../../applier/index.ts';
import { GitkubeError } from '../../base/errors.ts';
import { shortId } from '../../base/text.ts';
import type { BuiltImage } from '../../builder/index.ts';
import type { Hello } from '../../hooks/hello.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { CommitSource } from '../git/source-tree.ts';
import { stillAllowed } from './allowed.ts';
import { currentCommit, deployBranches, isShallow } from './branch.ts';
import type { PushContext } from './context.ts';
import { type PushOptions, parsePushOptions } from './options.ts';
import { prepare } from './prepare.ts';
import type { QueueEntry } from './queue.ts';
import { recoverOne } from './recover.ts';
import { type DeployCommand, pickDeploy } from './refs.ts';
import type { PushScope } from './scope.ts';

/** What pre-receive has settled and proc-receive goes on with. */
export interface Accepted {
  readonly remote: Remote;
  readonly command: DeployCommand;
  /** Where the branch is; undefined: it is not there yet. */
  readonly current: string | undefined;
  /** History ends behind this commit: pushed from a shallow clone. */
  readonly shallow: boolean;
  readonly options: PushOptions;
  readonly images: readonly BuiltImage[];
  readonly manifests: PreparedManifests | undefined;
}

/**
 * The pre-receive step: waits for its turn, checks everything, builds every image and pushes it to the registry. When it
 * throws, nothing has changed anywhere.
 * @returns undefined when the push is of tags only, which git just stores
 */
export async function accept(
  context: PushContext,
  scope: PushScope,
  asked: Remote,
  hello: Hello,
): Promise<Accepted | undefined> {
  const { repository, identity, page, phases, signal } = scope;
  const { quarantine } = hello;
  const options = parsePushOptions(hello.pushOptions);
  const pick = async (remote: Remote) => pickDeploy(hello.commands, await deployBranches(remote, repository));
  // Sending may have taken long: this key may no longer push, not even a tag.
  const command = await pick(stillAllowed(context, scope, asked));
  await repository.diskUse.add(quarantine.GIT_QUARANTINE_PATH, context.receiveLimits.maxRepositoryBytes);
  if (!command) return undefined;
  // git writes the tags after the branch has moved. Should it fail then, an atomic push would be told as rejected.
  const tags = hello.commands.filter(({ ref }) => ref !== command.ref);
  if (tags.length > 0) await repository.tryRefs(tags, quarantine);

  using source = await openSource(scope, command, quarantine);
  const what = `${command.branch} ${shortId(command.newOid)} by ${identity.name}`;
  const deploys = !options['dry-run'] && !options['skip-deploy'];
  await takeTurn(context, scope, asked, { branch: command.branch, deploys, label: what });
  // So may waiting: the Remote, its keys and its deploy branch are looked at again.
  const remote = stillAllowed(context, scope, asked);
  await pick(remote);
  await recoverOne(context, repository, 1);
  const current = await currentCommit(repository, source, command, quarantine);
  if (current === undefined) await repository.tryBranch(command, quarantine);
  scope.announce({ id: scope.id, remote, branch: command.branch, commit: command.newOid, by: identity.name });
  page.stage(`Gitkube: ${remote.id}, ${what}`);

  const shallow = isShallow(repository, source, current, quarantine);
  const work = { remote, repository, source, options, pushedBy: identity.name, page, phases, signal };
  const { images, manifests } = await prepare(context, work);
  phases.begin('accept');
  return { remote, command, current, shallow: await shallow, options, images, manifests };
}

async function openSource(
  { repository, signal }: PushScope,
  { branch, newOid, ref }: DeployCommand,
  quarantine: Hello['quarantine'],
): Promise<CommitSource> {
  const source = await repository.source(newOid, quarantine, signal);
  if (source) return source;
  throw new GitkubeError('RefRefused', `${branch} can only point at a commit`, {
    hint: `a tag is pushed as its commit: git push dev <tag>^{}:${ref}`,
  });
}

async function takeTurn(
  { queue }: PushContext,
  { page, phases, signal, ending }: PushScope,
  remote: Remote,
  who: Pick<QueueEntry, 'branch' | 'deploys' | 'label'>,
): Promise<void> {
  phases.begin('queue');
  const onWait = (reason: string) => page.stage(reason);
  ending.defer(await queue.enter({ remoteId: remote.id, ...who, onWait, signal }));
  phases.begin('check');
}
