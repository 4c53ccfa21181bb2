import { describe, expect, it } from 'vitest';
import { lastWarning } from '../pods/events.ts';
import { podWaitsFor } from '../pods/pod-state.ts';
import {
  containerStatus,
  ended,
  makeDeployment,
  makePod,
  type PodOptions,
  waitingFor,
  warning,
} from '../testing/objects.ts';
import { type Progress, progressLine } from './progress.ts';

function line(over: Partial<Progress>, spec: object = {}): string {
  return progressLine({
    workload: makeDeployment({ spec }),
    version: { pods: [], available: 0 },
    why: 'its pods to be created',
    events: [],
    ...over,
  });
}

const pods: [string, PodOptions, string][] = [
  ['has no node yet', { statuses: [] }, 'a node is being chosen'],
  [
    'fits no node',
    { statuses: [], conditions: [{ type: 'PodScheduled', status: 'False', message: '0/1 nodes: Insufficient cpu' }] },
    'it cannot be scheduled: 0/1 nodes: Insufficient cpu',
  ],
  [
    'is being made',
    { statuses: [containerStatus({ state: waitingFor('ContainerCreating') })] },
    'container app is being created',
  ],
  ['starts', {}, 'container app is starting, its readiness probe has not passed yet'],
  [
    'has a startup probe',
    { statuses: [containerStatus({ state: { running: {} }, started: false })] },
    'container app is starting, its startup probe has not passed yet',
  ],
  [
    'crashed once',
    { statuses: [containerStatus({ state: ended(1) })] },
    'container app exited with code 1 and is restarting',
  ],
  [
    'waits for a pull to be tried again',
    { statuses: [containerStatus({ state: waitingFor('ErrImagePull', 'i/o timeout') })] },
    'container app is not started: ErrImagePull, i/o timeout',
  ],
  [
    'runs its init container',
    {
      initStatuses: [containerStatus({ name: 'migrate', state: { running: {} } })],
      statuses: [containerStatus({ state: waitingFor('PodInitializing') })],
    },
    'init container migrate runs',
  ],
  [
    'has run its init container',
    {
      initStatuses: [containerStatus({ name: 'migrate', state: ended(0), ready: true })],
      statuses: [containerStatus({ state: waitingFor('PodInitializing') })],
    },
    'container app is being created',
  ],
];

describe('the reason why a pod is not ready', () => {
  it.each(pods)('is given for a pod that %s', (_, options, expected) => {
    expect(podWaitsFor(makePod(options), [])).toBe(expected);
  });

  it('comes with the newest warning about the pod, and no other', () => {
    const events = [
      warning('www-1-abc', 'Readiness probe failed: 500', 'Unhealthy', '2026-01-01T00:00:09Z'),
      warning('www-1-abc', 'Readiness probe failed: 404', 'Unhealthy', '2026-01-01T00:00:01Z'),
      warning('www-1-abc', 'Back-off restarting', 'BackOff', '2026-01-01T00:00:10Z'),
      warning('www-1-abc', 'no ClusterDNS', 'MissingClusterDNS', '2026-01-01T00:00:10Z'),
      warning('www-1-xyz', 'another pod', 'Unhealthy', '2026-01-01T00:00:10Z'),
    ];
    expect(lastWarning(makePod(), events)).toBe('Readiness probe failed: 500');
    expect(podWaitsFor(makePod(), events)).toMatch(/ \(Readiness probe failed: 500\)$/);
  });

  it('cannot forge lines or colors', () => {
    const evil = '\u001b[31mred\u001b[0m\nerror: not from here';
    const text = podWaitsFor(makePod(), [warning('www-1-abc', evil)]);
    expect(text).toContain('red\ufffderror: not from here');
  });
});

describe('the progress line', () => {
  it('names the first pod that is not ready', () => {
    const some = [makePod({ name: 'a', ready: true }), makePod({ name: 'b' }), makePod({ name: 'c' })];
    expect(line({ version: { pods: some, available: 0 } }, { replicas: 3 })).toBe(
      '1 of 3 new pods ready, waiting for b: container app is starting, its readiness probe has not passed yet',
    );
  });

  it('names what the Deployment waits for when there is no such pod', () => {
    expect(line({ version: undefined })).toBe('0 of 1 new pod ready, waiting for its pods to be created');
    const ready = [makePod({ ready: true })];
    expect(line({ version: { pods: ready, available: 0 }, why: '1 old pod to end' })).toBe(
      '1 of 1 new pod ready, waiting for 1 old pod to end',
    );
  });

  it('says that ready pods have to stay ready', () => {
    const ready = [makePod({ ready: true })];
    expect(line({ version: { pods: ready, available: 0 }, why: '1 old pod to end' }, { minReadySeconds: 10 })).toBe(
      '1 of 1 new pod ready, each for 10 s (minReadySeconds)',
    );
  });
});
