import { outputWith } from '../support/output-with.ts';
import type { Fault } from './cell.ts';
import { push } from './standing.ts';
import type { World } from './world.ts';

/** What other people do beside a deploy, all of which they may. */
export const otherHands = {
  locked: {
    about: 'somebody locks the Remote with `ssh … lock`, and unlocks it when the push has ended',
    begin: async (world) => {
      await byHand(world, 'lock', 'a freeze');
      return () => byHand(world, 'unlock');
    },
  },
  'another push': {
    about: 'somebody pushes another version, which is released at once, or waits for its turn',
    followed: true,
    begin: async (world) => {
      await world.change('of another push');
      const waiting = outputWith('waiting for');
      const pushing = push(world, { onOutput: waiting.onOutput });
      await Promise.race([waiting.seen, pushing]);
      return async () => {
        const { code, output } = await pushing;
        if (code !== 0) throw new Error(`another push: ${output}`);
      };
    },
  },
  'Remote deleted': {
    about: 'somebody deletes the Remote, and creates it with another repository when the push has ended',
    forgets: true,
    begin: async (world) => {
      const { project } = world;
      const { spec } = JSON.parse(await project.kubectl('get', 'remote', 'app', '-o', 'json'));
      await project.kubectl('delete', 'remote', 'app', '--wait=false');
      return async () => {
        await project.kubectl('wait', '--for=delete', 'remote/app', '--timeout=60s');
        await project.applyRemote(spec);
        await world.change('of a new Remote');
        const { code, output } = await push(world);
        if (code !== 0) throw new Error(`the first push to the Remote that was created again: ${output}`);
      };
    },
  },
  'pod deleted': {
    about: 'somebody deletes the pod',
    begin: async ({ project }) => {
      await project.kubectl('delete', 'pods', '-l', 'gitkube.sh/run');
      return () => {};
    },
  },
} as const satisfies Readonly<Record<string, Fault>>;

async function byHand({ project, id }: World, command: string, ...words: string[]): Promise<void> {
  const { code, output } = await project.ssh(command, id, ...words);
  if (code !== 0) throw new Error(`ssh … ${command}: ${output}`);
}
