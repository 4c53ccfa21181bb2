import type { Finished } from '../support/command.ts';
import { outputWith } from '../support/output-with.ts';
import type { Phase } from './cell.ts';
import { api, client, engine, git, not, others, registry } from './expected.ts';
import {
  holdManifest,
  mustPush,
  type Prepared,
  page,
  push,
  standInRefs,
  standInReport,
  standInRequest,
  stands,
} from './standing.ts';
import type { World } from './world.ts';

const noGit = git(not('no git of a pusher takes part'));
const engineUnasked = engine(not('a rollback builds nothing: the check and the change of the workload show it'));
const onNode = registry(not('the image is on the node'));
const noOthers = others(not('of a deploy with the same steps: the rows of restart'));

/** The rows of `ssh … rollback`: it has the steps of a push but those that receive and build. */
export const rollbackPhases: readonly Phase[] = [
  {
    name: 'rollback: queue',
    of: 'rollback',
    where: 'it waits for a push of the same Remote, which builds',
    announced: false,
    stand: async (world) => {
      const { commit } = await firstRelease(world);
      const building = await world.change('before', `RUN ${world.gate.pass}`);
      const before = push(world);
      await stands(building, before, world.gate.reached, () => {});
      const waiting = outputWith('waiting for the push before');
      const standing = await stands(commit, rollBack(world, 1, waiting.onOutput), waiting.seen, () =>
        world.gate.open(),
      );
      return { ...standing, before: [before] };
    },
    expects: {
      ...client('released'),
      SIGTERM: 'refused',
      SIGKILL: 'cut off',
      ...noGit,
      ...engine(not('it is the fault of the push before, which builds')),
      ...registry(not('nothing asks the registry before its turn')),
      ...api('released'),
      // Unlike a push it has no pack on that volume whose place the tag of the release could take.
      'data volume full': 'refused',
      cancelled: 'refused',
      'clock jumped': 'released',
      ...noOthers,
    },
  },
  {
    name: 'rollback: images',
    of: 'rollback',
    where: 'the server asks the registry for the images of the release',
    needs: ['registry'],
    announced: true,
    stand: async (world) => {
      const { commit, begin } = await firstRelease(world);
      const { reached, letGo } = holdManifest(world);
      return { ...(await stands(commit, begin(), reached, letGo)), isInServer: true };
    },
    expects: {
      ...client('released'),
      SIGTERM: 'refused',
      SIGKILL: 'cut off',
      ...noGit,
      ...engine('released'),
      // It says that it cannot know whether they are there; the node has them.
      ...registry('released'),
      ...api('released'),
      'data volume full': 'refused',
      cancelled: 'refused',
      'clock jumped': 'released',
      ...noOthers,
    },
  },
  {
    name: 'rollback: check',
    of: 'rollback',
    where: 'the server looks at the workload',
    announced: true,
    stand: (world) => standInRequest(world, firstRelease, 'GET', 'deployments/www'),
    expects: {
      ...client('released'),
      SIGTERM: 'refused',
      SIGKILL: 'cut off',
      ...noGit,
      ...engine('released'),
      ...registry(not('it has been asked by then: the row before')),
      ...api('released'),
      'data volume full': 'refused',
      cancelled: 'refused',
      'clock jumped': 'released',
      ...noOthers,
    },
  },
  {
    name: 'rollback: patch',
    of: 'rollback',
    where: 'the journal is written, and the API server has the change of the workload and has not answered',
    announced: true,
    stand: (world) => standInRequest(world, firstRelease, 'PATCH', 'deployments/www'),
    expects: {
      ...client('released'),
      SIGTERM: 'released',
      SIGKILL: 'cut off',
      ...noGit,
      ...engine('released'),
      ...onNode,
      ...api('released'),
      'data volume full': 'refused',
      cancelled: 'refused',
      'clock jumped': 'released',
      ...noOthers,
    },
  },
  {
    name: 'rollback: rollout',
    of: 'rollback',
    where: 'a pod of the older version runs and is not ready',
    announced: true,
    stand: async (world) => {
      world.gate.open();
      const command = `${world.gate.pass}; exec httpd -f -p 8080 -h /www`;
      const commit = await world.change('behind a gate', '', command);
      await mustPush(world);
      await firstRelease(world);
      const reached = world.gate.shut();
      return stands(commit, rollBack(world, 2), reached, () => world.gate.open());
    },
    expects: {
      ...client('released'),
      SIGTERM: 'released',
      SIGKILL: 'cut off',
      ...noGit,
      ...engineUnasked,
      ...onNode,
      ...api('released'),
      'data volume full': 'refused',
      cancelled: 'refused',
      'clock jumped': 'released',
      ...noOthers,
    },
  },
  {
    name: 'rollback: refs',
    of: 'rollback',
    where: 'git has locked the tag of the release and not written it',
    announced: true,
    stand: (world) => standInRefs(world, firstRelease),
    expects: {
      ...client('released'),
      SIGTERM: 'released',
      SIGKILL: 'cut off',
      ...noGit,
      ...engineUnasked,
      ...registry(not('the older version runs: nothing asks the registry')),
      ...api('released'),
      'data volume full': 'refused',
      cancelled: 'released',
      'clock jumped': 'released',
      ...noOthers,
    },
  },
  {
    name: 'rollback: report',
    of: 'rollback',
    where: 'the refs are written, and the API server has the status of the Remote and has not answered',
    announced: true,
    stand: (world) => standInReport(world, firstRelease),
    expects: {
      ...client(not('the person who asked has the answer')),
      SIGTERM: 'released',
      SIGKILL: 'released',
      ...noGit,
      ...engineUnasked,
      ...registry(not('the older version runs: nothing asks the registry')),
      ...api('released'),
      'data volume full': 'released',
      cancelled: 'released',
      'clock jumped': 'released',
      ...noOthers,
    },
  },
];

/** A second version runs, and the first release is to run again. */
async function firstRelease(world: World): Promise<Prepared> {
  const commit = (await world.project.git('ls-remote', world.project.url, 'releases/1^{}')).split('\t')[0] ?? '';
  await world.change(page);
  await mustPush(world);
  return { commit, begin: () => rollBack(world, 1) };
}

/** What it prints is shown as git shows the words of a server: the same words are the same outcome. */
async function rollBack({ project }: World, number: number, onOutput?: (output: string) => void): Promise<Finished> {
  const finished = await project.sshWith(
    { ...(onOutput && { onOutput }) },
    'rollback',
    `${project.namespace}/app`,
    `${number}`,
  );
  return { ...finished, output: finished.output.replace(/^(?=.)/gm, 'remote: ') };
}
