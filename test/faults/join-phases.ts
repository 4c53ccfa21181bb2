import type { ClientChannel } from 'ssh2';
import { outputWith } from '../support/output-with.ts';
import type { Phase, Standing } from './cell.ts';
import { api, client, engine, git, not, registry } from './expected.ts';
import { clientsOf } from './faults.ts';
import { page, push, stands } from './standing.ts';
import type { World } from './world.ts';

const expects: Phase['expects'] = {
  ...client('released'),
  SIGTERM: 'refused',
  SIGKILL: 'cut off',
  // It is that of the second push: the deploy goes on for the first.
  ...git('cut off'),
  ...engine('refused'),
  ...registry(not('the registry is asked next when the image is pushed: the row registry push')),
  ...api('released'),
  // One of two copies of the pack goes before the tag comes, and what it frees is enough.
  'data volume full': 'released',
  cancelled: 'refused',
  'clock jumped': 'released',
  locked: 'refused',
  'another push': 'released',
  // It is deleted behind the deploy.
  'Remote deleted': 'released',
  'pod deleted': not('no pod of it runs yet'),
};

/** The rows of a second push of the same commit, which joins the deploy of the first, and of others who follow that. */
export const joinPhases: readonly Phase[] = [
  {
    name: 'join: build',
    of: 'join',
    where: 'a RUN of its Dockerfile runs, and what a second push of the same commit is given is under test',
    announced: true,
    stand: async (world) => {
      const { commit, first } = await building(world);
      return { ...(await joined(world, commit)), before: [first] };
    },
    expects,
  },
  {
    name: 'join: first gone',
    of: 'join',
    where: 'a RUN of its Dockerfile runs, its client was killed, and a second push of the same commit has joined',
    announced: true,
    stand: async (world) => {
      const { commit, first } = await building(world);
      for (const pid of clientsOf(world)) process.kill(pid, 'SIGKILL');
      await first;
      return joined(world, commit);
    },
    expects,
  },
  {
    name: 'join: follower stalls',
    of: 'join',
    where:
      'a RUN of its Dockerfile runs, and two clients of `ssh … output` take next to nothing of what it has printed',
    announced: true,
    stand: async (world) => {
      const { commit, first } = await building(world, 'RUN seq 1 5000');
      const followers = [await stalledFollower(world), await stalledFollower(world)];
      const leave = () => {
        for (const one of followers) one[Symbol.dispose]();
      };
      return { commit, pushing: first, letGo: () => world.gate.open(), leave, release: 2 };
    },
    expects: {
      ...expects,
      // It has one copy of the pack alone.
      'data volume full': 'refused',
      ...git(not('of the only push: the row build')),
      ...engine(not('it is that of the row build')),
    },
  },
];

/** A push that waits in its build. */
async function building(world: World, extra = '') {
  const commit = await world.change(page, `${extra}\nRUN ${world.gate.pass}`);
  const first = push(world);
  await stands(commit, first, world.gate.reached, () => {});
  return { commit, first };
}

async function joined(world: World, commit: string): Promise<Standing> {
  const { seen, onOutput } = outputWith('Joined deploy');
  return { ...(await stands(commit, push(world, { onOutput }), seen, () => world.gate.open())), release: 2 };
}

/** Has granted 1000 bytes, and never grants more. */
async function stalledFollower({ project }: World): Promise<Disposable> {
  const connection = await project.connect();
  const { protocol } = connection;
  const session = protocol.session.bind(protocol);
  // ssh2's client believes that it has granted more.
  protocol.session = (channel, _window, maxPacket) => session(channel, 1000, maxPacket);
  const { channel } = await connection.exec(`output ${project.namespace}/app`);
  await took(channel, 1000);
  return connection;
}

function took(channel: ClientChannel, bytes: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let left = bytes;
  channel.on('data', ({ length }: Buffer) => {
    left -= length;
    if (left <= 0) resolve();
  });
  channel.on('close', () => reject(new Error('a follower was ended before it had stalled')));
  return promise;
}
