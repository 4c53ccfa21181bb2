import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../support/eventually.ts';
import type { ApiFault } from '../support/holding-proxy.ts';
import { descendants } from '../support/processes.ts';
import type { RegistryFault } from '../support/registry-proxy.ts';
import { cancel } from './cancel.ts';
import type { Fault } from './cell.ts';
import { otherHands } from './other-hands.ts';
import type { World } from './world.ts';

const hour = 3_600_000;
const nothing = () => {};

/** The columns of the table: what is done to a deploy that is held in a phase, and what ends it. */
export const faults = {
  'client killed': {
    about: 'git and ssh of the pusher are killed',
    clientGone: true,
    begin: async (world) => {
      for (const pid of clientsOf(world)) process.kill(pid, 'SIGKILL');
      return nothing;
    },
  },
  'client half-open': {
    about:
      'the network between pusher and server loses everything, and neither side learns it before the push has ended',
    clientGone: true,
    env: { GITKUBE_RECEIVE_TIMEOUT_SECONDS: '10' },
    begin: async ({ door }) => {
      door.freeze();
      return () => door.cut();
    },
  },
  SIGTERM: {
    about: 'the server is stopped as Kubernetes stops a pod, and started again',
    stops: true,
    begin: async (world) => {
      const stopped = world.gitkube.stop();
      await eventually(async () => world.gitkube.log.some((line) => line.includes('"msg":"stopping"')));
      return async () => {
        await stopped;
        await world.restart();
      };
    },
  },
  SIGKILL: {
    about: 'the server is killed, and started again',
    stops: true,
    begin: async (world) => {
      await world.gitkube.kill();
      return () => world.restart();
    },
  },
  'hook killed': {
    about: 'the hook that git runs for the push is killed',
    begin: async (world) => {
      const { hook } = world.receivePack();
      if (hook === undefined) throw new Error('no hook is running');
      process.kill(hook, 'SIGKILL');
      return nothing;
    },
  },
  'receive-pack killed': {
    about: 'the git that takes the push is killed',
    begin: async (world) => {
      process.kill(world.receivePack().pid, 'SIGKILL');
      return nothing;
    },
  },
  'engine stopped': {
    about: 'the socket of the Docker Engine is gone until the push has ended',
    begin: async ({ engine }) => {
      await engine.stop();
      return () => engine.start();
    },
  },
  'engine paused': {
    about: 'the Docker Engine takes connections and does nothing until the push has ended',
    begin: async ({ engine }) => {
      engine.freeze();
      return () => engine.thaw();
    },
  },
  'registry 401': registry('the registry answers 401 to everything', () => 401),
  'registry 500': registry('the registry answers 500 to everything', () => 500),
  'registry slow': registry('each answer of the registry takes a second more', () => delay(1000, 'pass')),
  'registry stalled': registry('the registry takes every request and answers none', () => 'stall'),
  'registry full': registry('the registry answers 507 to every upload', (request) =>
    isUpload(request) ? 507 : 'pass',
  ),
  'API server gone': {
    ...api('connections to the API server are reset for five seconds', () => 'reset'),
    begin: async ({ api: proxy }) => {
      proxy.fault = () => 'reset';
      proxy.cutOthers();
      return () => pass(proxy);
    },
  },
  'API server 410': {
    about: 'every watch ends, and for two seconds each new one is answered with 410: its history is gone',
    lastsMs: 2000,
    begin: async ({ api: proxy }) => {
      proxy.fault = ({ url = '' }) => (url.includes('watch=true') ? 410 : 'pass');
      proxy.cutOthers();
      return () => pass(proxy);
    },
  },
  'API server 429': api('the API server answers 429 to everything for five seconds', () => 429),
  'API server slow': {
    about: 'each answer of the API server takes a second more until the push has ended',
    begin: async ({ api: proxy }) => {
      proxy.fault = () => ({ delayMs: 1000 });
      return () => pass(proxy);
    },
  },
  'API server half-open': {
    about: 'for five seconds the API server takes requests and says nothing; then those connections are reset',
    lastsMs: 5000,
    begin: async ({ api: proxy }) => {
      proxy.fault = () => 'stall';
      proxy.silence();
      return () => {
        pass(proxy);
        proxy.cutOthers();
      };
    },
  },
  'data volume full': {
    about: 'the volume with the repositories has no byte left until the push has ended',
    needs: ['disk'],
    begin: async ({ disk }) => {
      await disk.fill();
      return () => disk.free();
    },
  },
  cancelled: {
    about: 'somebody cancels it with `ssh … cancel`, and everything is as before within ten seconds',
    begin: cancel,
  },
  'clock jumped': {
    about: 'the wall clock of the server is set an hour forward, and two hours back',
    begin: async ({ clock, gitkube }) => {
      await clock.set(gitkube, hour);
      await clock.set(gitkube, -2 * hour);
      return nothing;
    },
  },
  ...otherHands,
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof faults;

export const faultNames = Object.keys(faults) as FaultName[];

function registry(about: string, fault: (request: IncomingMessage) => RegistryFault | Promise<RegistryFault>): Fault {
  return {
    about: `${about} until the push has ended`,
    needs: ['registry'],
    begin: async (world) => {
      world.registry.fault = fault;
      return () => {
        world.registry.fault = () => 'pass';
      };
    },
  };
}

function api(about: string, fault: (request: IncomingMessage) => ApiFault): Fault {
  return {
    about,
    lastsMs: 5000,
    begin: async ({ api: proxy }) => {
      proxy.fault = fault;
      return () => pass(proxy);
    },
  };
}

function pass(proxy: World['api']): void {
  proxy.fault = () => 'pass';
}

function isUpload({ method, url = '' }: IncomingMessage): boolean {
  return (method === 'PATCH' || method === 'PUT') && url.includes('/uploads/');
}

/** git and ssh of who pushes or types a command, and not those of the server, which this process has started, too. */
export function clientsOf({ project, gitkube }: World): number[] {
  const ofServer = new Set(descendants(gitkube.pid).map(({ pid }) => pid));
  return descendants(process.pid)
    .filter(({ pid, command }) => command.includes(`${project.namespace}/app`) && !ofServer.has(pid))
    .map(({ pid }) => pid);
}
