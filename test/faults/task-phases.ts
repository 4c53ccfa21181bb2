import type { Phase, Standing } from './cell.ts';
import { api, client, engine, git, not, others, registry } from './expected.ts';
import { page, push, stands } from './standing.ts';
import type { World } from './world.ts';

const noEngine = engine(not('the images are in the registry: nothing asks the engine any more'));
const noOthers = others(not('of a push that others have joined, and of a restart: their rows'));
const noRegistry = registry(not('the image is on the node'));

/** The rows of tasks: in each of them the command of a task runs. */
export const taskPhases: readonly Phase[] = [
  {
    name: 'task: test',
    where: 'the command of a test runs',
    announced: true,
    stand: (world) => standInTask(world, 'Test'),
    expects: {
      ...client('released'),
      SIGTERM: 'refused',
      SIGKILL: 'cut off',
      ...git('cut off'),
      ...noEngine,
      ...noRegistry,
      ...api('released'),
      ...noOthers,
      'data volume full': 'refused',
      cancelled: 'refused',
      'clock jumped': 'released',
    },
  },
  {
    name: 'task: migrate',
    where: 'the command of a migration runs',
    announced: true,
    stand: (world) => standInTask(world, 'Migrate'),
    expects: {
      ...client('released'),
      SIGTERM: 'released',
      SIGKILL: 'cut off',
      ...git('cut off'),
      'hook killed': 'refused',
      ...noEngine,
      ...noRegistry,
      ...api('released'),
      ...noOthers,
      'data volume full': 'refused',
      cancelled: 'refused',
      'clock jumped': 'released',
    },
  },
  {
    name: 'task: verify',
    where: 'all workloads run the new version, and the command of a check runs',
    announced: true,
    stand: (world) => standInTask(world, 'Verify'),
    expects: {
      ...client('released'),
      SIGTERM: 'released',
      SIGKILL: 'cut off',
      ...git('cut off'),
      'hook killed': 'refused',
      ...noEngine,
      ...noRegistry,
      ...api('released'),
      ...noOthers,
      'data volume full': 'refused',
      cancelled: 'refused',
      'clock jumped': 'released',
    },
  },
];

async function standInTask(world: World, stage: 'Test' | 'Migrate' | 'Verify'): Promise<Standing> {
  const { project, gate } = world;
  const task = {
    ...{ name: 'held', stage, command: ['sh', '-c', gate.pass] },
    ...(stage === 'Migrate' && { undo: ['true'] }),
  };
  await project.kubectl('patch', 'remote', 'app', '--type=merge', '-p', JSON.stringify({ spec: { tasks: [task] } }));
  await project.remoteIsKnown();
  const commit = await world.change(page);
  const standing = await stands(commit, push(world), gate.reached, () => gate.open());
  // A cancel waits for the end of a migration.
  return stage === 'Migrate' ? { ...standing, isInServer: true } : standing;
}
