import { expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { type RemoteStateParts, remoteState } from './remote-state.ts';

const deployments = ['www', 'gone'].map((name) => ({ kind: 'Deployment', name }));
const remote = {
  ...{ id: 'ns/app', namespace: 'ns', name: 'app', environment: '', uid: 'u1' },
  ...{ deployments, tasks: [], environments: [] },
} as unknown as Remote;
const objects = [
  { apiVersion: 'v1', kind: 'Service', name: 'www' },
  ...['www', 'worker'].map((name) => ({ apiVersion: 'apps/v1', kind: 'Deployment', name })),
];
const record = { branch: 'main', at: '2026-01-02T03:04:05.678Z', how: 'push', by: { key: 'ada' }, objects };
const conditions = [
  {
    type: 'InSync',
    status: 'True',
    reason: 'InSync',
    message: 'as it was',
    lastTransitionTime: '2026-01-02T03:04:05Z',
  },
];
const tasks = [{ name: 'unit', stage: 'Test', state: 'Succeeded', push: 'd1', commit: 'c0ffee' }];

function makeParts(change: Partial<RemoteStateParts> = {}): RemoteStateParts {
  const releases = async () => [
    { number: 7, commit: 'c0ffee', record: { ...record, ahead: ['schema in releases/6'] } },
    { number: 6, commit: 'badbad', record },
  ];
  const phases = { current: 'build', durations: { receive: 100, build: 1234 } };
  return {
    remotes: { entry: () => ({ status: { conditions, tasks } }) as never },
    repositories: { findOf: async () => ({ releases, folder: '/none' }) as never },
    deployer: {
      readyPods: async ({ name }) => {
        if (name === 'gone') throw new GitkubeError('WorkloadNotFound', 'gone does not exist');
        return { ready: 1, wanted: 2 };
      },
    },
    underWay: { of: () => [{ id: 'd1', label: 'main 1234567 by bob', session: { phases } } as never] },
    ...change,
  };
}

it('the state of a Remote is its newest release, its pods, its conditions, its tasks, and what is under way', async () => {
  expect(await remoteState(makeParts(), remote)).toEqual({
    remote: 'ns/app',
    lock: null,
    runs: { release: 7, branch: 'main', commit: 'c0ffee', at: record.at, by: 'ada', how: 'push' },
    workloads: [
      { kind: 'Deployment', name: 'www', ready: 1, wanted: 2 },
      { kind: 'Deployment', name: 'gone', error: 'gone does not exist' },
      { kind: 'Deployment', name: 'worker', ready: 1, wanted: 2 },
    ],
    drift: { status: 'True', reason: 'InSync', message: 'as it was' },
    database: { reason: 'RolledBack', message: expect.stringContaining('schema in releases/6') },
    tasks,
    underWay: [{ id: 'd1', label: 'main 1234567 by bob', phase: 'build', seconds: 1.334 }],
    environments: [],
  });
});

it('the state of a Remote has its environments in short', async () => {
  const lock = { reason: 'demo' };
  const staging = { ...remote, id: 'ns/app/staging', environment: 'staging', branch: 'develop', lock };
  const { environments } = await remoteState(makeParts(), { ...remote, environments: [staging] });
  expect(environments).toEqual([
    { remote: 'ns/app/staging', branch: 'develop', lock, runs: expect.objectContaining({ release: 7 }) },
  ]);
});

it.each([
  ['all workloads run releases/7', 'InSync', true],
  ['all workloads run releases/6', 'InSync', false],
  ['not as in releases/6 since 2026-01-02T03:04:05Z: www/www wants 1, runs 2', 'Drifted', false],
  ['releases/6 cannot be read: kind', 'ReleaseUnreadable', true],
])('the drift of a Remote is that of its newest release: %s', async (message, reason, isShown) => {
  const [inSync] = conditions;
  const remotes = { entry: () => ({ status: { conditions: [{ ...inSync, reason, message }] } }) as never };
  const { drift } = await remoteState(makeParts({ remotes }), remote);
  expect(drift).toEqual(isShown ? { status: 'True', reason, message } : null);
});

it('the state of a Remote without a push is that nothing runs, and no repository is created for it', async () => {
  const parts = makeParts({
    remotes: { entry: () => undefined },
    repositories: { findOf: async () => undefined },
    underWay: { of: () => [] },
  });
  expect(await remoteState(parts, remote)).toMatchObject({ runs: null, drift: null, underWay: [] });
});
