import { randomBytes } from 'node:crypto';
import { outputWith } from '../support/output-with.ts';
import type { Phase } from './cell.ts';
import { envPhases } from './env-phases.ts';
import { environmentPhases } from './environment-phases.ts';
import { api, client, engine, git, not, others, registry } from './expected.ts';
import { joinPhases } from './join-phases.ts';
import { promotionPhases } from './promotion-phases.ts';
import { restartPhases } from './restart-phases.ts';
import { rollbackPhases } from './rollback-phases.ts';
import { runPhases } from './run-phases.ts';
import { holdUpload, newVersion, page, push, standInRefs, standInReport, standInRequest, stands } from './standing.ts';
import { taskPhases } from './task-phases.ts';
import { watchPhases } from './watch-phases.ts';

const noOthers = others(not('of a push that others have joined, and of a restart: their rows'));

/** The rows of the table. A new step of a deploy adds its own: how a push comes to stand in it, and what each fault does. */
export const phases: readonly Phase[] = [
  {
    name: 'upload',
    where: 'git has a part of the pack',
    announced: false,
    stand: async (world) => {
      await world.project.write('large', randomBytes(3_000_000));
      const commit = await world.change(page);
      return stands(commit, push(world), world.door.hold(1_000_000), () => world.door.release());
    },
    expects: {
      ...client('cut off'),
      SIGTERM: 'refused',
      SIGKILL: 'cut off',
      'hook killed': not('git starts no hook before it has the whole push'),
      'receive-pack killed': 'cut off',
      ...engine(not('nothing asks the engine before the check')),
      ...registry(not('nothing asks the registry before the check')),
      ...api('released'),
      'data volume full': 'refused',
      cancelled: not('it is no deploy before git has the whole push'),
      'clock jumped': 'released',
      ...noOthers,
    },
  },
  {
    name: 'queue',
    where: 'it waits for a push of the same Remote, which builds',
    announced: false,
    stand: async (world) => {
      const first = await world.change('before', `RUN ${world.gate.pass}`);
      const before = push(world);
      await stands(first, before, world.gate.reached, () => {});
      const commit = await world.change(page);
      const waiting = outputWith('waiting for the push before');
      const pushing = push(world, { onOutput: waiting.onOutput });
      const standing = await stands(commit, pushing, waiting.seen, () => world.gate.open());
      return { ...standing, before: [before] };
    },
    expects: {
      ...client('released'),
      SIGTERM: 'refused',
      SIGKILL: 'cut off',
      ...git('cut off'),
      ...engine(not('it is the fault of the push before, which builds; this one has not asked the engine')),
      ...registry(not('nothing asks the registry before the check')),
      ...api('released'),
      // The push before ends first, and what it frees is enough.
      'data volume full': 'released',
      cancelled: 'refused',
      'clock jumped': 'released',
      ...noOthers,
    },
  },
  {
    name: 'check',
    where: 'the server looks at the workload',
    announced: true,
    stand: (world) => standInRequest(world, newVersion, 'GET', 'deployments/www'),
    expects: {
      ...client('released'),
      SIGTERM: 'refused',
      SIGKILL: 'cut off',
      ...git('cut off'),
      ...engine('refused'),
      ...registry('refused'),
      'registry slow': 'released',
      ...api('released'),
      'data volume full': 'refused',
      cancelled: 'refused',
      'clock jumped': 'released',
      ...noOthers,
    },
  },
  {
    name: 'build',
    where: 'a RUN of its Dockerfile runs',
    announced: true,
    stand: async (world) => {
      const commit = await world.change(page, `RUN ${world.gate.pass}`);
      return stands(commit, push(world), world.gate.reached, () => world.gate.open());
    },
    expects: {
      ...client('released'),
      SIGTERM: 'refused',
      SIGKILL: 'cut off',
      ...git('cut off'),
      ...engine('refused'),
      ...registry(not('the registry is asked next when the image is pushed: the row below')),
      ...api('released'),
      'data volume full': 'refused',
      cancelled: 'refused',
      'clock jumped': 'released',
      ...noOthers,
    },
  },
  {
    name: 'registry push',
    where: 'the engine sends a layer to the registry',
    needs: ['registry'],
    announced: true,
    stand: async (world) => {
      const commit = await world.change(page, 'RUN head -c 300000 /dev/urandom > /large');
      const { reached, letGo } = holdUpload(world);
      return stands(commit, push(world), reached, letGo);
    },
    expects: {
      ...client('released'),
      SIGTERM: 'refused',
      SIGKILL: 'cut off',
      ...git('cut off'),
      ...engine('refused'),
      ...registry('refused'),
      'registry slow': 'released',
      ...api('released'),
      'data volume full': 'refused',
      cancelled: 'refused',
      'clock jumped': 'released',
      ...noOthers,
    },
  },
  {
    name: 'patch',
    where: 'the journal is written, and the API server has the change of the workload and has not answered',
    announced: true,
    stand: (world) => standInRequest(world, newVersion, 'PATCH', 'deployments/www'),
    expects: {
      ...client('released'),
      SIGTERM: 'released',
      SIGKILL: 'cut off',
      ...git('cut off'),
      'hook killed': 'refused',
      ...engine(not('the images are in the registry: nothing asks the engine any more')),
      ...registry(
        not('the nodes ask the registry next, when a pod starts: ImagePullFailed, as of an image that is gone'),
      ),
      ...api('released'),
      'data volume full': 'refused',
      cancelled: 'refused',
      'clock jumped': 'released',
      ...noOthers,
    },
  },
  {
    name: 'rollout',
    where: 'a new pod runs and is not ready',
    announced: true,
    stand: async (world) => {
      const command = `${world.gate.pass}; exec httpd -f -p 8080 -h /www`;
      const commit = await world.change(page, '', command);
      return stands(commit, push(world), world.gate.reached, () => world.gate.open());
    },
    expects: {
      ...client('released'),
      SIGTERM: 'released',
      SIGKILL: 'cut off',
      ...git('cut off'),
      'hook killed': 'refused',
      ...engine(not('the images are in the registry: nothing asks the engine any more')),
      ...registry(not('the image is on the node')),
      ...api('released'),
      'data volume full': 'refused',
      cancelled: 'refused',
      'clock jumped': 'released',
      ...noOthers,
    },
  },
  {
    name: 'refs',
    where: 'git has locked the tag of the release and not written it',
    announced: true,
    stand: (world) => standInRefs(world, newVersion),
    expects: {
      ...client('released'),
      SIGTERM: 'released',
      SIGKILL: 'cut off',
      ...git('cut off'),
      ...engine(not('the images are in the registry: nothing asks the engine any more')),
      ...registry(not('the new version runs: nothing asks the registry')),
      ...api('released'),
      'data volume full': 'refused',
      cancelled: 'released',
      'clock jumped': 'released',
      ...noOthers,
    },
  },
  {
    name: 'report',
    where: 'the pusher is answered, and the API server has the status of the Remote and has not answered',
    announced: true,
    stand: (world) => standInReport(world, newVersion),
    expects: {
      ...client(not('the pusher has its answer')),
      SIGTERM: 'released',
      SIGKILL: 'released',
      ...git(not('git has ended')),
      ...engine(not('the images are in the registry: nothing asks the engine any more')),
      ...registry(not('the new version runs: nothing asks the registry')),
      ...api('released'),
      'data volume full': 'released',
      cancelled: 'released',
      'clock jumped': 'released',
      ...noOthers,
    },
  },
  ...rollbackPhases,
  ...envPhases,
  ...restartPhases,
  ...joinPhases,
  ...watchPhases,
  ...runPhases,
  ...taskPhases,
  ...environmentPhases,
  ...promotionPhases,
];
