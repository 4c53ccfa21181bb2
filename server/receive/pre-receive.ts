import { again } from '../../base/again.ts';
import { GitkubeError } from '../../base/errors.ts';
import { rollbackRef } from '../../base/release-name.ts';
import { gitPush, remoteUrl } from '../../base/server-hints.ts';
import type { PreReceiveRequest } from '../../hooks/pre-receive-request.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { confirmToken, reauthorize } from '../access/reauthorize.ts';
import { aDeployBranch, allBranchesOf } from '../deploys/branches.ts';
import type { DeployContext } from '../deploys/context.ts';
import type { Deploy, DeployTarget, PreparedDeploy } from '../deploys/deploy.ts';
import { environmentOf } from '../deploys/environment.ts';
import type { RequestedRevision } from '../deploys/request.ts';
import type { DeploySession } from '../deploys/session.ts';
import { takeTurn } from '../deploys/turn.ts';
import type { Repository } from '../git/repository.ts';
import { actsOf } from './acts.ts';
import { deployToJoin, type Others, type Wanted } from './join.ts';
import { JoinedDeploy } from './joined-deploy.ts';
import { parsePushOptions } from './push-options.ts';
import { type DeployCommand, type PushedRefs, readRefs, requireSameBranch } from './refs.ts';
import { lastFailureLine } from './standing.ts';
import { storedLines } from './stored-refs.ts';

/** The result of pre-receive, with which proc-receive continues. */
export interface Accepted {
  readonly remote: Remote;
  readonly refs: PushedRefs;
  /** Undefined: nothing is to be deployed. */
  readonly deploy?: PreparedDeploy;
  /** Of another push, which deploys what this one asks for. */
  readonly joined?: JoinedDeploy;
}

/**
 * The pre-receive step: waits for its turn, checks everything, builds every image and pushes it to the registry. When it
 * throws, nothing has changed anywhere.
 * @param receivedAt when git had the whole push, on the monotonic clock
 * @returns `checked` after a dry run: nothing was wrong, and nothing is to be changed; `ended`: why the deploy that this push
 * has joined ended before anything was changed, as its output says
 */
export async function runPreReceive(
  context: DeployContext,
  deploy: Deploy,
  received: PreReceiveRequest,
  receivedAt: number,
  others: Others,
): Promise<Accepted | 'checked' | { readonly ended: string }> {
  const { remote: asked } = deploy;
  const { repository, output, principal } = deploy.session;
  const { quarantine, commands } = received;
  const options = parsePushOptions(received.pushOptions);
  const read = async (remote: Remote) => readRefs(commands, await allBranchesOf(remote, repository), options);
  // Sending may have taken long: this key may no longer push, not even a tag.
  const current = () => reauthorize(context, { principal, verb: 'send' }, asked);
  await confirmToken(context, { principal, verb: 'send' }, asked, deploy.session.signal);
  const remote = current();
  const refs = await read(remote);
  const acts = actsOf(refs, principal);
  for (const act of acts) context.audit.allowed({ ...act, remote: reauthorize(context, act, remote) });
  await repository.diskUse.add(quarantine.GIT_QUARANTINE_PATH, context.receiveLimits.maxRepositoryBytes);
  // git writes these after the branch has moved. Should it fail then, git would report an atomic push as rejected.
  if (refs.stored.length > 0) await repository.validateRefUpdates(refs.stored, quarantine);
  const branch = aDeployBranch(await allBranchesOf(remote, repository));
  requireIdle(remote, refs, others);
  await refuseShallow(deploy.session, refs, branch, options, quarantine);
  if (refs.deploy) {
    const command = refs.deploy;
    deploy.aim(await targetOf(remote, repository, command));
    const stillFits = async () => {
      const now = current();
      requireSameBranch(command, await read(now));
      for (const act of acts) reauthorize(context, act, now);
    };
    const wanted = { revision: revisionOf(command, received), options };
    return deployOrJoin(context, deploy, { refs, wanted, stillFits, receivedAt }, others);
  }
  if (options.dryRun) {
    output.stage('Dry run: this push deploys nothing; nothing is stored or deleted');
    return 'checked';
  }
  if (refs.deletions.length > 0) await acceptDeletions(context, deploy.session, asked, refs, read);
  for (const line of await storedLines(refs, branch, repository, quarantine)) output.stage(line);
  return { remote, refs };
}

interface AskedByPush {
  readonly refs: PushedRefs;
  readonly wanted: Wanted;
  readonly stillFits: () => Promise<void>;
  readonly receivedAt: number;
}

async function deployOrJoin(
  context: DeployContext,
  deploy: Deploy,
  { refs, wanted, stillFits, receivedAt }: AskedByPush,
  others: Others,
): Promise<Accepted | 'checked' | { readonly ended: string }> {
  const { remote, session } = deploy;
  const trigger = { kind: 'push', via: session.principal.grant ? 'https' : 'ssh' } as const;
  const joined = await join(context, deploy, refs, wanted, others);
  if (joined) return (await joined.isPrepared()) ? { remote, refs, joined } : { ended: await joined.reason() };
  const failure = await lastFailureLine(others, session, await commitToRun(session.repository, wanted.revision));
  if (failure !== undefined) session.output.stage(failure);
  const prepared = await deploy.prepare({ trigger, ...wanted, stillFits, receivedAt });
  return prepared === 'checked' ? prepared : { remote: prepared.checked.remote, refs, deploy: prepared };
}

/** @param remote, repository the whole */
async function targetOf(remote: Remote, repository: Repository, { environment }: DeployCommand): Promise<DeployTarget> {
  const own = remote.environments.find((one) => one.environment === environment) ?? remote;
  return { remote: own, repository: await repository.of(own.environment) };
}

/** @returns undefined: this push goes its own way */
async function join(
  context: DeployContext,
  own: Deploy,
  { deletions }: PushedRefs,
  wanted: Wanted,
  { underWay, records }: Others,
): Promise<JoinedDeploy | undefined> {
  const { repository } = own.session;
  const find = () => deployToJoin(underWay.of(own.remote), wanted);
  if (deletions.length > 0 || !find()) return undefined;
  // Only the git of this push could move a branch for it.
  if (await repository.isShallow(wanted.revision.oid, wanted.revision.git)) return undefined;
  const other = find();
  return other && new JoinedDeploy({ context, records, own, other });
}

function revisionOf(command: DeployCommand, { quarantine }: PreReceiveRequest): RequestedRevision {
  const { branch, ref, newOid, oldOid, rollbackTo } = command;
  const to = rollbackTo !== undefined && { rollbackTo };
  return { branch, ref, oid: newOid, oldOid, git: quarantine, ...to };
}

/** A rollback is pushed as whatever is checked out. */
async function commitToRun(
  repository: Pick<Repository, 'history'>,
  { oid, rollbackTo }: Pick<RequestedRevision, 'oid' | 'rollbackTo'>,
): Promise<string> {
  if (rollbackTo === undefined) return oid;
  const { names } = await repository.history();
  return names.find(({ number }) => number === rollbackTo)?.commit ?? oid;
}

/** Of another environment than the one whose turn the deletion waits for. @throws RefRefused */
function requireIdle(remote: Remote, { deletions }: PushedRefs, { underWay }: Others): void {
  const deployed = underWay.ofAll(remote).map(({ asked }) => asked?.revision.branch);
  const busy = deletions.map(({ ref }) => ref.slice('refs/heads/'.length)).find((name) => deployed.includes(name));
  if (busy === undefined) return;
  throw new GitkubeError('RefRefused', `branch ${busy} is being deployed, and cannot be deleted`, {
    hint: `${again} when that has ended`,
  });
}

/** A branch must not go while something is rolled out from it. */
async function acceptDeletions(
  context: DeployContext,
  session: DeploySession,
  asked: Remote,
  refs: PushedRefs,
  read: (remote: Remote) => Promise<PushedRefs>,
): Promise<void> {
  const { deletions } = refs;
  const names = deletions.map(({ ref }) => ref.slice('refs/heads/'.length)).join(', ');
  const label = `deletion of ${names} by ${session.principal.name}`;
  const place = { environment: environmentOf(asked), branch: '', deploys: false, label };
  await takeTurn(context, session, place);
  await confirmToken(context, { principal: session.principal, verb: 'send' }, asked, session.signal);
  for (const act of actsOf(refs, session.principal)) await read(reauthorize(context, act, asked));
  const { repository, receivePacks, output, signal } = session;
  await context.recover(repository, receivePacks, { say: output.say, signal });
}

/**
 * Only git itself can move a ref that comes from a shallow clone: it has to record where history ends. A ref that is not to
 * be moved as it was pushed would end git in the middle, after a deploy.
 */
async function refuseShallow(
  { repository }: DeploySession,
  { deploy, ignored }: PushedRefs,
  branch: string,
  options: { readonly skipDeploy: boolean },
  quarantine: PreReceiveRequest['quarantine'],
): Promise<void> {
  const isShallow = (oid: string) => repository.isShallow(oid, quarantine);
  const refuse = (message: string, hint: string) => new GitkubeError('RefRefused', message, { hint });
  for (const { newOid } of ignored) {
    if (!(await isShallow(newOid))) continue;
    const message = 'only Gitkube creates the tags releases/*, and those of a shallow clone cannot be ignored';
    throw refuse(
      message,
      `push without them: ${gitPush({ options: ['--no-follow-tags'], to: deploy?.branch ?? branch })}`,
    );
  }
  if (!deploy) return;
  const rollsBack = deploy.rollbackTo !== undefined && deploy.ref.startsWith('refs/heads/');
  if (!options.skipDeploy && !rollsBack) return;
  if (!(await isShallow(deploy.newOid))) return;
  if (rollsBack) {
    const hint = `push to another ref: git push ${remoteUrl()} HEAD:${rollbackRef(deploy.rollbackTo ?? '', deploy.environment)}`;
    throw refuse('a rollback from a shallow clone cannot be a push of a branch', hint);
  }
  throw refuse('-o skip-deploy does not work from a shallow clone', 'fetch its history: git fetch --unshallow');
}
