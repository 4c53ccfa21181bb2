import type { Phase } from './cell.ts';
import { api, client, engine, git, not, others, registry } from './expected.ts';
import { holdMount, type Prepared, page, push, standInRequest, stands } from './standing.ts';
import type { World } from './world.ts';

const noEngine = engine(not('nothing is built: nothing asks the engine'));
const noOthers = others(not('of a push that others have joined, and of a restart: their rows'));

/** The rows of a push of what another environment has released: it has the steps of a push, and copies in place of a build. */
export const promotionPhases: readonly Phase[] = [
  {
    name: 'promotion: copy',
    of: 'promotion',
    where: 'the registry is asked to take over the layers of the image',
    needs: ['promotion', 'registry'],
    announced: true,
    stand: async (world) => {
      const { commit, begin } = await promoted(world);
      const { reached, letGo } = holdMount(world);
      return stands(commit, begin(), reached, letGo);
    },
    expects: {
      ...client('released'),
      SIGTERM: 'refused',
      SIGKILL: 'cut off',
      ...git('cut off'),
      ...noEngine,
      ...registry('refused'),
      'registry slow': 'released',
      // What is mounted needs no place.
      'registry full': 'released',
      ...api('released'),
      'data volume full': 'refused',
      cancelled: 'refused',
      'clock jumped': 'released',
      ...noOthers,
    },
  },
  {
    name: 'promotion: patch',
    of: 'promotion',
    where: 'the journal is written, and the API server has the change of the workload and has not answered',
    needs: ['promotion'],
    announced: true,
    stand: (world) => standInRequest(world, promoted, 'PATCH', 'deployments/www'),
    expects: {
      ...client('released'),
      SIGTERM: 'released',
      SIGKILL: 'cut off',
      ...git('cut off'),
      'hook killed': 'refused',
      ...noEngine,
      ...registry(not('the nodes ask the registry next, when a pod starts')),
      ...api('released'),
      'data volume full': 'refused',
      cancelled: 'refused',
      'clock jumped': 'released',
      ...noOthers,
    },
  },
];

/** A version that the other environment has released. */
async function promoted(world: World): Promise<Prepared> {
  const { project, places } = world;
  const commit = await world.change(page);
  const { code, output } = await project.push(`HEAD:${places[1]?.branch}`);
  if (code !== 0) throw new Error(`the push to be promoted failed: ${output}`);
  return { commit, begin: () => push(world) };
}
