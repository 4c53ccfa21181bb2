import type { Finished } from '../support/command.ts';
import type { Phase, Standing } from './cell.ts';
import { api, client, engine, git, not, others, registry } from './expected.ts';
import { mustPush, type Prepared, standInRequest } from './standing.ts';
import type { World } from './world.ts';

const expects: Phase['expects'] = {
  ...client('released'),
  SIGTERM: 'released',
  SIGKILL: 'cut off',
  ...git(not('no git of a pusher takes part')),
  ...engine(not('nothing is built, and nothing asks the engine')),
  ...registry(not('the image is on the node')),
  ...api('released'),
  'data volume full': 'refused',
  cancelled: 'refused',
  'clock jumped': 'released',
  ...others(not('of a deploy with the same steps: the rows of restart')),
};

/** The rows of `ssh … env set`: what it changes beside what a rollback changes, too. */
export const envPhases: readonly Phase[] = [
  {
    name: 'env: set',
    of: 'env',
    where: 'the journal is written, and the API server has the change of the Secret and has not answered',
    announced: true,
    stand: (world) => standInChange(world, 'secrets/web-env'),
    expects,
  },
  {
    name: 'env: patch',
    of: 'env',
    where: 'the Secret is changed, and the API server has the change of the workload and has not answered',
    announced: true,
    stand: (world) => standInChange(world, 'deployments/www'),
    expects,
  },
];

async function standInChange(world: World, path: string): Promise<Standing> {
  const standing = await standInRequest(world, withEnv, 'PATCH', path);
  const isReleased = async () => (await greeting(world)) === 'new';
  return { ...standing, isReleased };
}

/** A release whose pods read a Secret, which is to change. */
async function withEnv(world: World): Promise<Prepared> {
  const { project } = world;
  await project.kubectl('create', 'secret', 'generic', 'web-env', '--from-literal=GREETING=old');
  await project.kubectl('set', 'env', 'deployment/www', '--from=secret/web-env');
  await project.kubectl('patch', 'remote', 'app', '--type=merge', '-p', '{"spec":{"env":{"secret":"web-env"}}}');
  await project.remoteIsKnown();
  const commit = await world.change('reads its env');
  await mustPush(world);
  return { commit, begin: () => setEnv(world) };
}

/** What it prints is shown as git shows the words of a server: the same words are the same outcome. */
async function setEnv({ project }: World): Promise<Finished> {
  const finished = await project.ssh('env', 'set', `${project.namespace}/app`, 'GREETING=new');
  return { ...finished, output: finished.output.replace(/^(?=.)/gm, 'remote: ') };
}

async function greeting({ project }: World): Promise<string> {
  const value = await project.kubectl('get', 'secret', 'web-env', '-o', 'jsonpath={.data.GREETING}');
  return Buffer.from(value, 'base64').toString();
}
