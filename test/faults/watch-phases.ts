import { setTimeout as delay } from 'node:timers/promises';
import { callApi } from '../support/api-server.ts';
import type { Finished } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import type { Phase } from './cell.ts';
import { api, client, engine, git, not, registry } from './expected.ts';
import { mustPush, stands } from './standing.ts';
import type { World } from './world.ts';

const noClient = client(not('nobody has asked for it'));

const expects: Phase['expects'] = {
  ...noClient,
  SIGTERM: 'released',
  SIGKILL: 'released',
  ...git(not('no git of a pusher takes part')),
  ...engine(not('nothing is built, and nothing asks the engine')),
  ...registry(not('the image is on the node')),
  ...api('released'),
  'data volume full': 'refused',
  cancelled: 'refused',
  'clock jumped': 'released',
  // It restores what ran, as the repair of drift does.
  locked: 'released',
  'another push': 'refused',
  'Remote deleted': 'refused',
  'pod deleted': not('the workload has another one in its place: what a cluster does on its own'),
};

/** Of the return: of releases/1, from releases/2. */
const release = 3;

/** The rows of `rollout.watchSeconds`: a release that is seen to fail, and the return to the one before. */
export const watchPhases: readonly Phase[] = [
  {
    name: 'watch: watching',
    of: 'watch',
    where: 'its release is watched, and its pods run until the fault is there',
    announced: false,
    stand: async (world) => {
      const { commit, fail } = await watched(world);
      return { commit, pushing: returned(world), letGo: fail, release, isOwn: true, beforeFails: true, isWatch: true };
    },
    expects,
  },
  {
    name: 'watch: return',
    of: 'watch',
    where: 'the API server has the change of the workload that runs the release before, and has not answered',
    announced: true,
    stand: async (world) => {
      const { commit, fail } = await watched(world);
      const reached = world.api.hold('PATCH', 'deployments/www');
      fail();
      const standing = await stands(commit, returned(world), reached, () => world.api.release());
      return { ...standing, isInServer: true, release, isOwn: true, beforeFails: true };
    },
    // It has its turn before the other push, and the Remote is deleted behind it.
    expects: { ...expects, 'another push': 'released', 'Remote deleted': 'released' },
  },
];

/** releases/2 is watched, and its container ends, each time that it is started, after `fail`. */
async function watched(world: World) {
  const { project, gate } = world;
  const commit = (await project.git('ls-remote', project.url, 'refs/heads/main')).split('\t')[0] ?? '';
  await project.kubectl('patch', 'remote', 'app', '--type=merge', '-p', '{"spec":{"rollout":{"watchSeconds":600}}}');
  await project.remoteIsKnown();
  await world.change('crashes', '', `httpd -f -p 8080 -h /www & ${gate.pass}; exit 3`);
  await mustPush(world);
  await eventually(async () => watchedOf(await remoteNow(world))?.reason === 'Watching');
  return { commit, fail: () => gate.open() };
}

/** Resolves when the watch of releases/2 is over: what a person would have read who asked for its return. */
async function returned(world: World): Promise<Finished> {
  for (;;) {
    const found = await verdict(world).catch(() => undefined);
    if (found) return { ...found, stdout: found.output };
    await delay(500);
  }
}

/** The server may be away: then it is not known yet. */
async function verdict(world: World): Promise<Pick<Finished, 'code' | 'output'> | undefined> {
  const remote = await remoteNow(world);
  if (!remote) return (await world.hasArchived(release)) ? released(release) : refused('the Remote is gone');
  const now = watchedOf(remote);
  if (now?.reason === 'Watching' && now.message.startsWith('releases/2 ')) return undefined;
  const ended = refused(now?.message);
  if (now?.reason === 'ReturnFailed') return ended;
  const { stdout } = await world.project.ssh('deploys', `${world.project.namespace}/app`, '--json');
  const deploys = JSON.parse(stdout) as readonly Deploy[];
  const one = deploys.find(({ trigger, verdict }) => trigger.kind === 'watch' && !isTriedAgain(verdict));
  if (!one) return ended;
  if (!one.verdict) return undefined;
  return one.verdict.result === 'released' ? released(one.verdict.release) : refused(one.verdict.message);
}

function released(number = 0) {
  return { code: 0, output: `remote: Released releases/${number}: main runs\n` };
}

function refused(why = 'nobody says why') {
  return { code: 1, output: `remote: error: ${why}\n` };
}

interface Deploy {
  readonly trigger: { readonly kind: string };
  readonly verdict?: Verdict;
}

interface Verdict {
  readonly result: string;
  readonly release?: number;
  readonly reason?: string;
  readonly message?: string;
}

/** By the next start, or behind the push that came first. */
function isTriedAgain(verdict: Verdict | undefined): boolean {
  const { result, reason = '' } = verdict ?? {};
  return result === 'interrupted' || ['ShuttingDown', 'PushSuperseded'].includes(reason);
}

interface Condition {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

/** Undefined: it is gone. */
async function remoteNow({ project }: World): Promise<RemoteObject | undefined> {
  const path = `/apis/gitkube.sh/v1alpha1/namespaces/${project.namespace}/remotes`;
  return (JSON.parse(await callApi('GET', path)) as { items: readonly RemoteObject[] }).items[0];
}

function watchedOf(remote: RemoteObject | undefined): Condition | undefined {
  return remote?.status?.conditions?.find(({ type }) => type === 'Watched');
}

interface RemoteObject {
  readonly status?: { readonly conditions?: readonly Condition[] };
}
