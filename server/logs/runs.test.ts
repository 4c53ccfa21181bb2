import { expect, it } from 'vitest';
import type { V1Pod } from '../../kube/index.ts';
import { runsOf } from './runs.ts';

const pod = (containerStatuses: object[], initContainerStatuses: object[] = []) =>
  ({
    metadata: { name: 'www-1', uid: 'u1' },
    status: { containerStatuses, initContainerStatuses },
  }) as unknown as V1Pod;
const running = { running: {} };
const crashed = { terminated: { exitCode: 3, reason: 'Error' } };

it('each container that has started is a run, init containers first', () => {
  const migrate = { name: 'migrate', containerID: 'c0', state: { terminated: { exitCode: 0, reason: 'Completed' } } };
  const app = { name: 'app', containerID: 'c1', state: running, lastState: {} };
  const log = { name: 'log', state: { waiting: {} }, lastState: {} };
  expect(runsOf(pod([app, log], [migrate]))).toEqual([
    { key: 'u1 migrate c0', pod: 'www-1', container: 'migrate', ended: 'exit code 0', hasPrevious: false },
    { key: 'u1 app c1', pod: 'www-1', container: 'app', ended: undefined, hasPrevious: false },
  ]);
  expect(runsOf(pod([app], [migrate]), 'app').map(({ container }) => container)).toEqual(['app']);
});

it('a container that waits to start again is the run that crashed, and the next start is another one', () => {
  const waits = { name: 'app', containerID: 'c1', state: { waiting: {} }, lastState: crashed };
  const again = { name: 'app', containerID: 'c2', state: running, lastState: crashed };
  expect(runsOf(pod([waits]))).toMatchObject([{ key: 'u1 app c1', ended: 'exit code 3' }]);
  expect(runsOf(pod([again]))).toMatchObject([{ key: 'u1 app c2', ended: undefined, hasPrevious: true }]);
});

it.each([
  [{ exitCode: 137, reason: 'OOMKilled' }, 'exit code 137, OOMKilled'],
  [{ exitCode: 0, signal: 9 }, 'signal 9'],
])('a run that ended with %o says so', (terminated, words) => {
  expect(runsOf(pod([{ name: 'app', containerID: 'c', state: { terminated } }]))).toMatchObject([{ ended: words }]);
});

it('a pod without a status has none', () => {
  expect(runsOf({ metadata: { name: 'www-1', uid: 'u1' } } as V1Pod)).toEqual([]);
});
