import type { ImagesByWorkload, PreparedManifests } from '../../applier/index.ts';
import { GitkubeError } from '../../base/errors.ts';
import { shortId } from '../../base/text.ts';
import type { BuiltImage } from '../../builder/index.ts';
import type { Hello } from '../../hooks/hello.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { reauthorize } from '../access/authorize.ts';
import type { CommitSource } from '../git/source-tree.ts';
import type { PushOptions } from '../receive/push-options.ts';
import type { PushSession } from '../receive/push-session.ts';
import { type DeployCommand, type PushedRefs, requireSameBranch } from '../receive/refs.ts';
import { currentCommit, isShallow } from './branch.ts';
import type { PushContext } from './context.ts';
import { findOrigin, type Origin } from './image-origin.ts';
import { type CheckedDeploy, checkBuild, type Preparation } from './prepare.ts';
import type { BranchMove, QueueEntry } from './queue.ts';
import { recoverOne } from './recover.ts';
import { checkRollback, findRelease, isRunning } from './rollback.ts';
import { takeTurn } from './turn.ts';

type Variables = Hello['quarantine'];

/** A deploy that is checked and whose images are in the registry. */
export interface AcceptedDeploy {
  /** What of the Remote is deployed. */
  readonly remote: Remote;
  readonly command: DeployCommand;
  /** What is to run: the pushed commit, or that of the release to roll back to. */
  readonly commit: string;
  /** Where the branch is; undefined: it is not there yet. */
  readonly current: string | undefined;
  /** `push`, or the release that is brought back. */
  readonly how: string;
  /** It runs already. */
  readonly unchanged: boolean;
  /** The pushed commit is from a shallow clone, and history ends behind it. */
  readonly shallow: boolean;
  /** Whether the pusher has the commit that is to run. */
  readonly isKnown: boolean;
  readonly options: PushOptions;
  readonly images: readonly BuiltImage[];
  readonly manifests: PreparedManifests | undefined;
  readonly manifestImages?: ImagesByWorkload;
}

export interface DeployRequest {
  /** As it was when the push began. */
  readonly asked: Remote;
  readonly command: DeployCommand;
  readonly options: PushOptions;
  readonly quarantine: Variables;
  /** Reads the refs again: while the push waited, the Remote may have changed its deploy branch. */
  readonly refresh: (remote: Remote) => Promise<PushedRefs>;
}

/** The part of pre-receive that is about what deploys. */
export async function acceptDeploy(
  context: PushContext,
  scope: PushSession,
  request: DeployRequest,
): Promise<AcceptedDeploy | 'checked'> {
  const { repository, identity, page, phases } = scope;
  const { command, options, quarantine, asked } = request;
  const { branch, rollbackTo, newOid } = command;
  const named = rollbackTo === undefined ? undefined : await findRelease(repository, asked, rollbackTo);
  const commit = named?.commit ?? newOid;
  using source = await openSource(scope, command, commit, quarantine);
  const label = `${branch} ${named ? `back to releases/${named.number}` : shortId(commit)} by ${identity.name}`;
  const push = { id: scope.id, branch, commit, by: identity.name };
  const waits = () => scope.waits({ ...push, remote: asked });
  const turn = await takeTurn(context, scope, queueEntry(scope, request, { commit, label }), waits);
  const { remote, current } = await lookAgain(context, scope, request, source, commit);
  scope.announce({ ...push, remote });
  page.stage(`Gitkube: ${remote.id}, ${label}`);

  const shallow = named ? repository.isShallow(newOid, quarantine) : isShallow(repository, source, current, quarantine);
  shallow.catch(() => {});
  const facts = { remoteId: remote.id, current, options, isShallow: shallow };
  const origin: Origin = named
    ? { kind: 'release', release: named }
    : await findOrigin(repository, source, facts, quarantine);
  const checked = await check(context, scope, { remote, branch, source, options, origin });
  if (options['dry-run']) return sayDryRun(scope, checked);
  context.queue.dropOlder(turn);
  const images = await checked.makeImages();
  phases.begin('accept');
  return {
    remote: checked.remote,
    command,
    commit,
    current,
    how: origin.kind === 'release' ? `rollback to releases/${origin.release.number}` : 'push',
    unchanged: named
      ? await isRunning(context, repository, named, { remote: checked.remote, images, current })
      : current === commit,
    shallow: await shallow,
    isKnown: !named || commit === newOid || (await repository.isAncestor(commit, newOid, quarantine)),
    options,
    images,
    manifests: checked.manifests,
    ...(checked.manifestImages && { manifestImages: checked.manifestImages }),
  };
}

async function openSource(
  { repository, signal }: PushSession,
  { branch, ref }: DeployCommand,
  commit: string,
  quarantine: Variables,
): Promise<CommitSource> {
  const source = await repository.source(commit, quarantine, signal);
  if (source) return source;
  throw new GitkubeError('RefRefused', `${branch} can only point at a commit`, {
    hint: `a tag is pushed as its commit: git push dev <tag>^{}:${ref}`,
  });
}

/** A newer push that contains an older one, and began where that began, is accepted wherever the older one is. */
function queueEntry(
  { repository }: PushSession,
  { asked, command, options, quarantine }: DeployRequest,
  { commit, label }: { commit: string; label: string },
): Omit<QueueEntry, 'onWait' | 'signal'> {
  const { branch, oldOid } = command;
  const deploys = !options['dry-run'] && !options['skip-deploy'];
  const place = { remoteId: asked.id, branch, deploys, label };
  // A rollback by number is accepted wherever the branch is.
  if (command.rollbackTo !== undefined) return { ...place, move: { oldOid: '', newOid: commit } };
  const covers = async (older: BranchMove) =>
    older.oldOid === oldOid && (await repository.isAncestor(older.newOid, commit, quarantine));
  return { ...place, move: { oldOid, newOid: commit }, covers };
}

/** Waiting may have taken long: the Remote, its keys, its deploy branch and where that is are looked at again. */
async function lookAgain(
  context: PushContext,
  scope: PushSession,
  { asked, command, quarantine, refresh }: DeployRequest,
  source: CommitSource,
  commit: string,
): Promise<{ remote: Remote; current: string | undefined }> {
  const { repository } = scope;
  const { branch, rollbackTo } = command;
  const remote = reauthorize(context, scope, asked);
  requireSameBranch(command, await refresh(remote));
  await recoverOne(context, repository, 1);
  const current =
    rollbackTo === undefined
      ? await currentCommit(repository, source, command, quarantine)
      : await source.branchHead(branch);
  const made = { ...command, ref: `refs/heads/${branch}`, newOid: commit };
  if (current === undefined) await repository.tryBranch(made, quarantine);
  return { remote, current };
}

function check(
  context: PushContext,
  { repository, identity, page, phases, signal }: PushSession,
  { origin, ...request }: Pick<Preparation, 'remote' | 'branch' | 'source' | 'options'> & { origin: Origin },
): Promise<CheckedDeploy> {
  const work = { ...request, repository, pushedBy: identity.name, page, phases, signal };
  if (origin.kind === 'build') {
    if (origin.note) page.say(origin.note);
    return checkBuild(context, work);
  }
  const { number, record } = origin.release;
  const when = record.at.replace(/\.\d+Z$/, 'Z');
  page.stage(`Rollback to releases/${number}, which ran at ${when}: its images run again, nothing is built`);
  return checkRollback(context, work, origin.release);
}

function sayDryRun({ page }: PushSession, { dryRun }: CheckedDeploy): 'checked' {
  for (const line of dryRun) page.say(line);
  page.stage('This was a dry run: everything is checked, nothing was built and nothing has changed.');
  page.stage('To deploy, push again without -o dry-run');
  return 'checked';
}
