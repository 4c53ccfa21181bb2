import type { Finished } from '../support/command.ts';
import type { Phase } from './cell.ts';
import { api, client, engine, git, not, registry } from './expected.ts';
import { mustPush, type Prepared, standInRequest, stands } from './standing.ts';
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
  locked: 'released',
  'another push': 'released',
  // It is deleted behind the deploy, which the key may not follow to its end: nobody may read what has no Remote.
  'Remote deleted': 'cut off',
  'pod deleted': not('the workload has another one in its place: what a cluster does on its own'),
};

/** The rows of `ssh … restart`: the images stay, and only an annotation of the pods shows it. */
export const restartPhases: readonly Phase[] = [
  {
    name: 'restart: patch',
    of: 'restart',
    where: 'the journal is written, and the API server has the change of the workload and has not answered',
    announced: true,
    stand: async (world) => {
      const prepare = async () => prepared(world, await runs(world));
      const standing = await standInRequest(world, prepare, 'PATCH', 'deployments/www');
      return { ...standing, release: 2, isReleased: () => isRestarted(world, 2) };
    },
    expects,
  },
  {
    name: 'restart: rollout',
    of: 'restart',
    where: 'its new pod runs and is not ready',
    announced: true,
    stand: async (world) => {
      world.gate.open();
      const commit = await world.change('behind a gate', '', `${world.gate.pass}; exec httpd -f -p 8080 -h /www`);
      await mustPush(world);
      const reached = world.gate.shut();
      const standing = await stands(commit, prepared(world, commit).begin(), reached, () => world.gate.open());
      return { ...standing, release: 3, isReleased: () => isRestarted(world, 3) };
    },
    expects,
  },
];

function prepared(world: World, commit: string): Prepared {
  return { commit, begin: () => restart(world) };
}

async function runs({ project }: World): Promise<string> {
  return (await project.git('ls-remote', project.url, 'refs/heads/main')).split('\t')[0] ?? '';
}

/** What it prints is shown as git shows the words of a server: the same words are the same outcome. */
async function restart({ project }: World): Promise<Finished> {
  const finished = await project.ssh('restart', `${project.namespace}/app`);
  return { ...finished, output: finished.output.replace(/^(?=.)/gm, 'remote: ') };
}

/** @throws when the release of the restart and the pods of the workload differ, which no image shows */
async function isRestarted({ project }: World, release: number): Promise<boolean> {
  const listed = await project.git('ls-remote', project.url, `refs/tags/releases/${release}`);
  const path = '{.spec.template.metadata.annotations.kubectl\\.kubernetes\\.io/restartedAt}';
  const time = await project.kubectl('get', 'deployment', 'www', '-o', `jsonpath=${path}`);
  const isReleased = listed !== '';
  if (isReleased !== (time !== '')) throw new Error(`releases/${release}: ${listed}; its pods: ${time}`);
  return isReleased;
}
