import { GitkubeError } from '../../base/errors.ts';
import { rollbackRef } from '../../base/release-name.ts';
import { gitPush, remoteUrl } from '../../base/server-hints.ts';
import { plain } from '../../base/text.ts';
import { isZero, type RefCommand } from '../../hooks/commands.ts';
import { type AllBranches, aDeployBranch, type Branches } from '../deploys/branches.ts';
import type { PushOptions } from './push-options.ts';

const HEADS = 'refs/heads/';
const TAGS = 'refs/tags/';
const RELEASES = 'refs/tags/releases/';
/** Commits of -o skip-deploy. */
const BUILDS = 'refs/builds/';
/** `main:rollback/7` is what git makes a branch of. */
const ROLLBACK = /^refs\/(?:heads\/)?rollback\/(?:releases\/)?(.*)$/;

export interface DeployCommand extends RefCommand {
  /** The branch that moves, without `refs/heads/`. */
  readonly branch: string;
  /** Empty: the one without a name. */
  readonly environment: string;
  /** The release that is to run, whatever commit is pushed; undefined: the commit. */
  readonly rollbackTo?: number;
}

/** What a push asks for. */
export interface PushedRefs {
  /** Undefined: nothing is to be deployed. */
  readonly deploy: DeployCommand | undefined;
  /** Branches that deployed once, to be deleted. */
  readonly deletions: readonly RefCommand[];
  /** Tags, and whatever else git itself stores or deletes. */
  readonly stored: readonly RefCommand[];
  /** Tags releases/* that came along (push.followTags, --tags): those of another Remote. They are not stored. */
  readonly ignored: readonly RefCommand[];
}

/**
 * Sorts the refs of a push. A ref that is not accepted has the whole push refused, before anything is built.
 * @throws RefRefused, PushOptionUnknown
 */
export function readRefs(
  commands: readonly RefCommand[],
  branches: AllBranches,
  options: Partial<PushOptions> = {},
): PushedRefs {
  const all = commands.map((command) => ({ command, ...classify(command, branches) }));
  const of = (kind: RefKind) => all.filter((one) => one.kind === kind).map(({ command }) => command);
  const deploys = all.flatMap(({ command, deploy }) => (deploy ? [{ ...command, ...deploy }] : []));
  const ignored = of('release');
  const [tag] = ignored;
  if (tag && ignored.length === commands.length) throw madeByGitkube(branches, tag);
  const [deploy, second] = deploys;
  if (deploy && second) throw twoDeploys(deploy);
  const refs = { deletions: of('deletion'), stored: of('stored'), ignored };
  return { ...refs, deploy: withOption(deploy, options) };
}

/**
 * While a push waited, the Remote may have got another deploy branch. A push of a branch is refused then as any other one
 * that does not deploy; a rollback names none.
 * @throws RefMoved
 */
export function requireSameBranch({ branch, environment }: DeployCommand, { deploy }: PushedRefs): void {
  if (deploy?.branch === branch && deploy.environment === environment) return;
  throw new GitkubeError('RefMoved', `${branch} is no longer the branch that deploys`, { hint: 'push again' });
}

type RefKind = 'deploy' | 'deletion' | 'stored' | 'release';

interface Classified {
  readonly kind: RefKind;
  readonly deploy?: Omit<DeployCommand, keyof RefCommand>;
}

function classify(command: RefCommand, branches: AllBranches): Classified {
  const { ref, newOid } = command;
  const deletes = isZero(newOid);
  if (isReleaseTag(ref, branches)) return releaseTag(command, deletes, branches);
  if (ref.startsWith(TAGS)) return { kind: 'stored' };
  if (ref.startsWith(BUILDS) && deletes) return { kind: 'stored' };
  const branch = ref.startsWith(HEADS) ? ref.slice(HEADS.length) : undefined;
  const all = [branches, ...branches.environments];
  const own = all.find(({ deploy }) => branch !== undefined && deploy.includes(branch));
  if (branch !== undefined && own) return deployBranch(branch, deletes, own);
  const release = ROLLBACK.exec(ref)?.[1];
  if (release !== undefined && !deletes) return rollback(release, branches);
  if (branch === undefined) throw notStored(ref, branches);
  if (deletes) return staleBranch(branch, all);
  // The commit: it is not known what the branch is called where it was pushed from, and its name may hold anything.
  throw refuse(
    `${branches.remote.id} deploys ${deployed(branches)}, not ${plain(branch, 80)}`,
    `to deploy this commit, type: ${gitPush({ from: newOid.slice(0, 12), to: aDeployBranch(branches) })}`,
  );
}

/** `branch main or master`, `branch main, and develop to staging`. */
function deployed({ deploy, environments }: AllBranches): string {
  const others = environments.map(({ deploy: [branch = ''], remote }) => `${branch} to ${remote.environment}`);
  const own = deploy.length > 0 ? [deploy.join(' or ')] : [];
  return `branch ${[...own, ...others].join(', and ')}`;
}

/** Also `releases` itself, which would be in the way of git's folder of the release tags. */
function isReleaseTag(ref: string, { foldsCase = false }: Pick<Branches, 'foldsCase'> = {}): boolean {
  const name = foldsCase ? ref.toLowerCase() : ref;
  return name === RELEASES.slice(0, -1) || name.startsWith(RELEASES);
}

/** git passes on those of this spelling; it would store any other one. */
function releaseTag(command: RefCommand, deletes: boolean, branches: AllBranches): Classified {
  if (deletes) throw refuse('the tags releases/* record what ran and cannot be deleted', toRollBack(branches));
  if (!isReleaseTag(command.ref)) throw madeByGitkube(branches, command);
  return { kind: 'release' };
}

function deployBranch(branch: string, deletes: boolean, branches: Branches): Classified {
  if (!deletes) return { kind: 'deploy', deploy: { branch, environment: branches.remote.environment } };
  throw refuse(`branch ${plain(branch, 80)} cannot be deleted: ${branches.remote.id} deploys it`, howToStop(branches));
}

/** Neither a branch nor a Remote that is deleted stops what it has deployed. */
function howToStop({ remote: { id, namespace, deployments } }: Branches): string {
  const scalable = deployments.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
  const names = scalable.map(({ kind, name }) => `${kind.toLowerCase()}/${name}`);
  return names.length > 0
    ? `to stop the pods of ${id}, type: kubectl -n ${namespace} scale --replicas=0 ${names.join(' ')}`
    : `to stop the pods of ${id}, scale down or delete its workloads: kubectl -n ${namespace} get deployments,statefulsets,daemonsets,cronjobs`;
}

/** The branch of an earlier `spec.branch`: nothing runs because of it. */
function staleBranch(branch: string, all: readonly Branches[]): Classified {
  const runs = all.find(({ running, deploy }) => branch === running && deploy.length > 0);
  if (!runs) return { kind: 'deletion' };
  const [to = 'main'] = runs.deploy;
  throw refuse(
    `${plain(branch, 80)} is what runs until ${runs.deploy.join(' or ')} is pushed, and cannot be deleted`,
    `push that first: ${gitPush({ to })}`,
  );
}

/** @param release its number, behind the name of its environment where that has one */
function rollback(release: string, branches: AllBranches): Classified {
  const named = branches.environments.find(({ remote }) => release.startsWith(`${remote.environment}/`));
  const { remote, deploy } = named ?? branches;
  const number = named ? release.slice(remote.environment.length + 1) : release;
  if (!/^\d{1,9}$/.test(number)) {
    throw refuse(`${plain(release, 80) || 'nothing'} is not the number of a release`, [
      toRollBack(branches),
      `to list the releases, type: git ls-remote --tags ${remoteUrl()}`,
    ]);
  }
  const [branch] = deploy;
  if (branch === undefined)
    throw refuse(`${remote.id} has no releases but those of its environments`, toRollBack(branches));
  return { kind: 'deploy', deploy: { branch, environment: remote.environment, rollbackTo: Number(number) } };
}

function withOption(deploy: DeployCommand | undefined, options: Partial<PushOptions>): DeployCommand | undefined {
  const { rollback } = options;
  const number = rollback?.number ?? deploy?.rollbackTo;
  if (number === undefined) return deploy;
  const hint = `to roll back, type: git push ${remoteUrl()} HEAD:${rollbackRef(number, rollback?.environment ?? deploy?.environment)}`;
  const unfit = (message: string) => new GitkubeError('PushOptionUnknown', message, { hint });
  if (!deploy) throw unfit('-o rollback needs a push of the deploy branch');
  if ((rollback?.environment ?? deploy.environment) !== deploy.environment) {
    throw unfit(`-o rollback names a release of another environment than that of ${deploy.branch}`);
  }
  if (deploy.rollbackTo !== undefined && deploy.rollbackTo !== number) {
    throw unfit(`two releases to roll back to: ${deploy.rollbackTo} and ${number}`);
  }
  const idle = options.noCache ? 'no-cache' : options.skipDeploy && 'skip-deploy';
  if (idle) throw unfit(`-o ${idle} does not go with a rollback, which builds nothing`);
  return { ...deploy, rollbackTo: number };
}

function notStored(ref: string, branches: AllBranches): GitkubeError {
  const notes = ref.startsWith('refs/notes/') ? ' (notes stay in the local repository)' : '';
  return refuse(
    `${plain(ref, 80)} is neither a branch nor a tag, and Gitkube stores nothing else${notes}`,
    `to deploy what is checked out, type: ${gitPush({ to: aDeployBranch(branches) })}`,
  );
}

function madeByGitkube(branches: AllBranches, { newOid }: RefCommand): GitkubeError {
  return refuse('only Gitkube creates the tags releases/*', [
    `to deploy what is checked out and have Gitkube tag it, type: ${gitPush({ to: aDeployBranch(branches) })}`,
    `to store the tag under another name, type: git push ${remoteUrl()} ${newOid.slice(0, 12)}:${TAGS}<name>`,
    toRollBack(branches),
  ]);
}

function toRollBack({ deploy }: Branches): string {
  const ref = rollbackRef('<number>', deploy.length > 0 ? '' : '<environment>');
  return `to roll back, type: git push ${remoteUrl()} HEAD:${ref}`;
}

function twoDeploys({ ref, newOid }: DeployCommand): GitkubeError {
  const hint = `push one of them: ${gitPush({ from: newOid.slice(0, 12), to: ref })}`;
  return refuse('two branches in one push, and only one can deploy', hint);
}

function refuse(message: string, hint: string | readonly string[]): GitkubeError {
  return new GitkubeError('RefRefused', message, { hint });
}
