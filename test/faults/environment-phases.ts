import type { Finished } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { outputWith } from '../support/output-with.ts';
import type { Phase, Standing } from './cell.ts';
import { api, client, engine, git, not, others, registry } from './expected.ts';
import { newVersion, page, push, standInRefs, stands } from './standing.ts';
import type { World } from './world.ts';

const noEngine = engine(not('the images are in the registry: nothing asks the engine any more'));
const noOthers = others(not('of a push that others have joined, and of a restart: their rows'));
const needs = ['environments'] as const;

/** The rows of a push to an environment while another environment of the same Remote is deployed to as well. */
export const environmentPhases: readonly Phase[] = [
  {
    name: 'environments: build',
    of: 'environment',
    where: 'a RUN of its Dockerfile runs, and one of a push to the other environment',
    needs,
    announced: true,
    stand: standInBothBuilds,
    expects: {
      ...client('released'),
      SIGTERM: 'refused',
      SIGKILL: 'cut off',
      ...git('cut off'),
      ...engine('refused'),
      ...registry(not('the registry is asked next when the image is pushed: the row of a push')),
      ...api('released'),
      // The push of the other environment ends first, and what it frees is enough.
      'data volume full': 'released',
      cancelled: 'refused',
      'clock jumped': 'released',
      ...noOthers,
    },
  },
  {
    name: 'environments: rollout',
    of: 'environment',
    where: 'a new pod of each of both environments runs and is not ready',
    needs,
    announced: true,
    stand: standInBothRollouts,
    expects: {
      ...client('released'),
      SIGTERM: 'released',
      SIGKILL: 'cut off',
      ...git('cut off'),
      'hook killed': 'refused',
      ...noEngine,
      ...registry(not('the image is on the node')),
      ...api('released'),
      'data volume full': 'refused',
      cancelled: 'refused',
      'clock jumped': 'released',
      ...noOthers,
    },
  },
  {
    name: 'environments: refs',
    of: 'environment',
    where: 'git has locked the tag of the release and not written it, and the other environment wants to write its own',
    needs,
    announced: true,
    stand: standInBothRefs,
    expects: {
      ...client('released'),
      SIGTERM: 'released',
      SIGKILL: 'cut off',
      ...git('cut off'),
      ...noEngine,
      ...registry(not('the new version runs: nothing asks the registry')),
      ...api('released'),
      'data volume full': 'refused',
      cancelled: 'released',
      'clock jumped': 'released',
      ...noOthers,
    },
  },
];

function pushBeside({ project, places }: World): Promise<Finished> {
  const [, other] = places;
  return project.tryGit(['push', '-f', project.url, `HEAD:${other?.branch}`]);
}

/** The other environment comes first, as faults are done to the newest git. */
async function besideIn(world: World): Promise<Promise<Finished>[]> {
  const beside = pushBeside(world);
  await stands('', beside, world.gate.reached, () => {});
  return [beside];
}

async function standInBothBuilds(world: World): Promise<Standing> {
  const commit = await world.change(page, `RUN ${world.gate.pass}`);
  const before = await besideIn(world);
  // The engine runs the same step of both once.
  const building = outputWith('www/www: building');
  const pushing = push(world, { onOutput: building.onOutput });
  return { ...(await stands(commit, pushing, building.seen, () => world.gate.open())), before };
}

async function standInBothRollouts(world: World): Promise<Standing> {
  const commit = await world.change(page, '', `${world.gate.pass}; exec httpd -f -p 8080 -h /www`);
  const before = await besideIn(world);
  const both = eventually(async () => world.gate.waiting >= 2);
  return { ...(await stands(commit, push(world), both, () => world.gate.open())), before };
}

async function standInBothRefs(world: World): Promise<Standing> {
  const standing = await standInRefs(world, newVersion);
  return { ...standing, before: [pushBeside(world)] };
}
