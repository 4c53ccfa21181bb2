import { describe, expect, it } from 'vitest';
import type { V1Pod } from '../../kube/kube.ts';
import { outOfTime } from '../evaluate/out-of-time.ts';
import { containerEvent, containerStatus, makePod, waitingFor, warning } from '../testing/objects.ts';
import { isBeingMade, mountProblems, pullUnderWay, pullWords } from './not-started.ts';
import { podWaitsFor } from './pod-state.ts';

const image = 'registry.example.com:5000/shop/web@sha256:1234';
const name = 'www-1-abc';

function made(statuses = [containerStatus({ state: waitingFor('ContainerCreating') })]) {
  const pod = makePod({ statuses });
  return { ...pod, spec: { ...pod.spec, nodeName: 'node-1', containers: [{ name: 'app', image }] } } as typeof pod;
}

const pulling = containerEvent(name, 'Pulling', 10);

describe('a pull', () => {
  it.each([
    ['begun', [pulling], true],
    [
      'begun again after a failure',
      [containerEvent(name, 'Failed', 5), containerEvent(name, 'BackOff', 6), pulling],
      true,
    ],
    ['of another container', [containerEvent(name, 'Pulling', 10, 'other')], false],
    ['of another pod', [containerEvent('www-1-xyz', 'Pulling', 10)], false],
    ['that ended', [pulling, containerEvent(name, 'Pulled', 12)], false],
    ['that ended in the same second', [pulling, containerEvent(name, 'Pulled', 10)], false],
    ['that failed', [pulling, containerEvent(name, 'Failed', 30)], false],
    ['of which nothing is reported', [], false],
  ])('%s is recognized by the events of its pod', (_, events, expected) => {
    expect(pullUnderWay(made(), events) !== undefined).toBe(expected);
  });

  it('is over when its container runs, whatever the events say', () => {
    expect(pullUnderWay(made([containerStatus({ state: { running: {} } })]), [pulling])).toBeUndefined();
  });

  it('is reported to the pusher, with node and image', () => {
    expect(podWaitsFor(made(), [pulling])).toBe(
      'node node-1 pulls the image of container app (registry.example.com:5000/shop/web)',
    );
    expect(podWaitsFor(made(), [])).toBe('container app is being created');
  });

  it('that is not done when the time is over is the reason, with the registry to check', () => {
    expect(outOfTime('0 of 1', made(), [pulling], '90 s')).toMatchObject({
      reason: 'ImagePullFailed',
      message:
        'not rolled out within 90 s: node node-1 pulls the image of container app (registry.example.com:5000/shop/web) for pod www-1-abc and is not done',
      hint: [`check that the registry registry.example.com:5000 answers, on node node-1: crictl pull ${image}`],
      moreTimeIf: 'it only needs more time',
    });
  });

  it('of the image of an init container says that it is one', () => {
    const pod = makePod({
      initStatuses: [containerStatus({ name: 'migrate', state: waitingFor('PodInitializing') })],
    });
    const event = containerEvent(name, 'Pulling', 1, 'migrate');
    const container = pullUnderWay(pod, [event]);
    expect(container && pullWords(pod, container)).toMatch(/the image of init container migrate \(new\)/);
  });
});

describe('a pod of which nothing is started', () => {
  it.each([
    ['MountVolume.SetUp failed for volume "v" : configmap "settings" not found', true],
    ['MountVolume.SetUp failed for volume "v" : secret "token" not found', true],
    ['MountVolume.SetUp failed for volume "v" : references non-existent config key: a.conf', true],
    ['MountVolume.SetUp failed for volume "v" : hostPath type check failed: /data is not a directory', true],
    ['MountVolume.SetUp failed for volume "nfs" : mount failed: exit status 32', false],
    ['MountVolume.SetUp failed for volume "v" : failed to sync configmap cache: timed out', false],
    ['Unable to attach or mount volumes: unmounted volumes=[data]: timed out waiting for the condition', false],
  ])('because of the mount failure %j fails after a while: %s', (message, fails) => {
    const problems = mountProblems([made()], [warning(name, message, 'FailedMount')]);
    const problem = {
      reason: 'ContainerConfigError',
      graceMs: 20_000,
      message: `pod ${name} cannot be started: ${message}`,
    };
    expect(problems).toMatchObject(fails ? [problem] : []);
  });

  it('has no problem with a mount that failed before it worked', () => {
    const failed = warning(name, 'configmap "settings" not found', 'FailedMount');
    expect(mountProblems([made()], [failed, pulling])).toEqual([]);
    expect(mountProblems([makePod()], [failed])).toEqual([]);
  });

  it('is reported with its node when the time is over', () => {
    expect(isBeingMade(made())).toBe(true);
    expect(outOfTime('0 of 1', made(), [], '60 s')).toMatchObject({
      reason: 'RolloutTimeout',
      hint: ['to see why the node has not started pod www-1-abc, type: kubectl describe node node-1'],
    });
    const conditions = [{ type: 'PodReadyToStartContainers', status: 'False' }];
    const pod = { ...made(), status: { ...made().status, conditions } } as V1Pod;
    expect(outOfTime('0 of 1', pod, [], '60 s').hint).toEqual([
      'to see why the node has not mounted the volumes of pod www-1-abc, or not set up its network, type: kubectl describe node node-1',
    ]);
  });
});

describe('a pod whose containers run', () => {
  it('and that is not ready is reported with what it waits for', () => {
    const message = 'the status of pod readiness gate "example.com/balancer" is not "True", but False';
    const pod = makePod({ statuses: [containerStatus({ state: { running: {} }, ready: true })] });
    const conditions = [{ type: 'Ready', status: 'False', message }];
    const gated = { ...pod, status: { ...pod.status, conditions } } as typeof pod;
    expect(podWaitsFor(gated, [])).toBe(`its containers run, ${message}`);
  });
});
