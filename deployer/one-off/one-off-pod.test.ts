import { beforeEach, describe, expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import type { Kube, V1Pod, WatchHandler } from '../../kube/kube.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { containerStatus, ended, makePod, waitingFor } from '../testing/objects.ts';
import { OneOffPod } from './one-off-pod.ts';

const workload = { kind: 'Deployment', namespace: 'default', name: 'www' } as const;
const name = 'app-run-1';
const asked = { spec: { containers: [{ name: 'app' }] } };
const never = new AbortController().signal;

let clock: ManualClock;
let handler: WatchHandler<V1Pod>;
let deleted: string[];
let said: string[];
let pod: OneOffPod;

const podWith = (state: object) => makePod({ name, statuses: [containerStatus({ state })] });
const started = () => pod.started({ timeoutSeconds: 60, signal: never, say: (line) => said.push(line) });

beforeEach(async () => {
  [deleted, said] = [[], []];
  // Waits up to ten seconds pass at once, to the limit of the start.
  clock = new ManualClock({ elapseUpToMs: 10_000 });
  const kube: Partial<Kube> = {
    createPod: async () => ({
      ...podWith(waitingFor('ContainerCreating')),
      spec: { containers: [{ name: 'injected' }, ...asked.spec.containers] },
      status: { phase: 'Pending' },
    }),
    deletePod: async (_namespace, gone) => void deleted.push(gone),
    listEvents: async () => [],
    watch: ((_: unknown, given: WatchHandler<V1Pod>) => {
      handler = given;
      return { [Symbol.asyncDispose]: async () => {} };
    }) as unknown as Kube['watch'],
  };
  pod = await OneOffPod.create({ kube: kube as Kube, clock, log: silentLogger }, workload, asked);
});

describe('a pod for one command', () => {
  it('whose creation got no answer is deleted by its name: it may run', async () => {
    const failing = (thrown: GitkubeError) => {
      const deletePod = async (_: string, gone: string, uid?: string) => void deleted.push(`${gone} ${uid}`);
      const kube = { createPod: () => Promise.reject(thrown), deletePod } as Partial<Kube> as Kube;
      const named = { ...asked, metadata: { name } };
      return OneOffPod.create({ kube, clock, log: silentLogger }, workload, named);
    };
    await expect(failing(new GitkubeError('ClusterUnavailable', 'no answer'))).rejects.toThrow('no answer');
    expect(deleted).toEqual([`${name} undefined`]);
    await expect(failing(new GitkubeError('RolloutRefused', 'a quota'))).rejects.toThrow('a quota');
    expect(deleted).toHaveLength(1);
  });

  it.each([{ running: {} }, ended(0), ended(3)])('has started when its container is %j', async (state) => {
    handler.upsert(podWith(state));
    await expect(started()).resolves.toBeUndefined();
  });

  it('ends with the exit code of its container', async () => {
    handler.upsert(podWith({ running: {} }));
    const end = pod.ended(never);
    handler.upsert(podWith(ended(137, { reason: 'OOMKilled' })));
    expect(await end).toEqual({ code: 137, reason: 'OOMKilled' });
  });

  it('takes no notice of a container that was injected before its own', async () => {
    const injected = containerStatus({ name: 'injected', state: ended(3) });
    handler.upsert(makePod({ name, statuses: [injected, containerStatus({ state: { running: {} } })] }));
    const end = pod.ended(never);
    handler.upsert(makePod({ name, statuses: [injected, containerStatus({ state: ended(0) })] }));
    expect(await end).toMatchObject({ code: 0 });
  });

  it.each<[string, object, object]>([
    [
      'an image that does not exist',
      waitingFor('ErrImagePull', 'manifest unknown'),
      { reason: 'ImagePullFailed', message: expect.stringContaining('cannot pull the image of container app') },
    ],
    [
      'a program that does not exist',
      ended(128, { reason: 'StartError', message: 'exec: "x": not found' }),
      { reason: 'ContainerConfigError', message: expect.stringContaining('cannot be started: exec: "x": not found') },
    ],
  ])('does not start because of %s', async (_, state, error) => {
    handler.upsert(podWith(state));
    await expect(started()).rejects.toMatchObject(error);
  });

  it('that no node has room for says so, and fails when its time to start is over', async () => {
    const scheduled = { type: 'PodScheduled', status: 'False', message: '0/1 nodes are available: 1 Insufficient cpu' };
    handler.upsert(makePod({ name, statuses: [], conditions: [scheduled] }));
    await expect(started()).rejects.toMatchObject({ reason: 'PodUnschedulable' });
    expect(said).toEqual(['it cannot be scheduled: 0/1 nodes are available: 1 Insufficient cpu']);
    expect(clock.monotonic()).toBeGreaterThanOrEqual(60_000);
  });

  it('that is only slow fails with what it waits for', async () => {
    handler.upsert(podWith(waitingFor('ContainerCreating')));
    await expect(started()).rejects.toMatchObject({
      reason: 'RolloutTimeout',
      message: 'www: not started within 60 s: container app is being created',
    });
  });

  it('is over when somebody deletes it, and when Kubernetes ends it', async () => {
    handler.upsert(podWith({ running: {} }));
    const evicted = pod.ended(never);
    handler.upsert({ ...makePod({ name, statuses: [] }), status: { phase: 'Failed', reason: 'Evicted' } });
    await expect(evicted).rejects.toThrow('Kubernetes has ended pod app-run-1: Evicted');
    handler.remove(podWith({ running: {} }));
    await expect(pod.ended(never)).rejects.toThrow('pod app-run-1 was deleted by somebody else');
  });

  it('ends its wait with the signal, and is deleted', async () => {
    const left = new AbortController();
    const end = pod.ended(left.signal);
    left.abort(new Error('left'));
    await expect(end).rejects.toThrow('left');
    await pod[Symbol.asyncDispose]();
    expect(deleted).toEqual([name]);
  });
});
