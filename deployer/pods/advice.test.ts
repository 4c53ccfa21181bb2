import { describe, expect, it } from 'vitest';
import type { Reason } from '../../base/errors.ts';
import type { V1Pod } from '../../kube/kube.ts';
import { containerStatus, makePod, warning } from '../testing/objects.ts';
import { advice } from './advice.ts';
import { podProblems } from './pod-problems.ts';
import { containerStates } from './pods.ts';
import { probeFailure } from './probe-failure.ts';

const id = { kind: 'Deployment', namespace: 'shop', name: 'www' } as const;
const adviceOn = (reason: Reason, message: string) =>
  advice({ key: '', reason, message, graceMs: 0, container: 'app' }, id).join('\n');

describe('what to do', () => {
  it.each<[Reason, string, string]>([
    ['PodUnschedulable', "1 node(s) didn't match Pod's node affinity/selector", 'kubectl get nodes --show-labels'],
    [
      'PodUnschedulable',
      '0/1 nodes are available: 1 Insufficient memory',
      'lower resources.requests.memory in the pod template',
    ],
    ['PodUnschedulable', '1 node(s) had untolerated taint {dedicated: gpu}', 'add a toleration'],
    ['PodUnschedulable', 'pod has unbound immediate PersistentVolumeClaims', '-n shop get persistentvolumeclaims'],
    [
      'PodUnschedulable',
      '0/3 nodes are available: 3 node(s) had volume node affinity conflict',
      '-n shop get persistentvolumeclaims',
    ],
    [
      'PodUnschedulable',
      "0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules",
      'correct podAffinity or podAntiAffinity in the pod template\nor add a node',
    ],
    [
      'PodUnschedulable',
      "0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules",
      'correct podAffinity or podAntiAffinity in the pod template\nor add a node',
    ],
    [
      'PodUnschedulable',
      "0/2 nodes are available: 2 node(s) didn't match pod topology spread constraints",
      'correct topologySpreadConstraints in the pod template\nor add a node',
    ],
    [
      'ContainerCrashed',
      'container app was killed (OOMKilled): it used more memory than its limit',
      'raise resources.limits.memory of container app',
    ],
    [
      'ContainerCrashed',
      'container app exited with code 1',
      'fix it, commit if the code has to change, and push again',
    ],
    ['ContainerConfigError', 'secret "db" not found', 'kubectl -n shop create secret generic db --from-literal='],
    ['ContainerConfigError', 'configmap "db" not found', 'kubectl -n shop create configmap db --from-literal='],
    [
      'ContainerConfigError',
      'container app in pod www-1 cannot be started: exec: "node": executable file not found',
      'install node in the image, or correct ENTRYPOINT and CMD of its Dockerfile',
    ],
    [
      'ContainerConfigError',
      "container app in pod www-1 cannot be started: executable file `node' not found in $PATH: No such file or directory",
      'install node in the image, or correct ENTRYPOINT and CMD of its Dockerfile',
    ],
    [
      'RolloutRefused',
      'pods "www-1" is forbidden: exceeded quota: team, requested: pods=1, used: pods=1, limited: pods=1',
      'ask an administrator of the cluster to raise spec.hard.pods of ResourceQuota team; to see it, type: kubectl -n shop describe resourcequota team\nor set spec.strategy.rollingUpdate.maxSurge: 0 in the Deployment, which means downtime if it has one replica',
    ],
    [
      'RolloutRefused',
      'exceeded quota: team, requested: pods=1,requests.cpu=2, used: pods=1,requests.cpu=3, limited: pods=1,requests.cpu=4',
      'describe resourcequota team\nor lower resources of its containers in the pod template\nor set spec.strategy.rollingUpdate.maxSurge: 0',
    ],
    ['RolloutRefused', 'exceeded quota', 'kubectl -n shop describe resourcequotas'],
  ])('about %s because of %s', (reason, message, hint) => {
    expect(adviceOn(reason, message)).toContain(hint);
  });
});

it('a program that is missing is that of the pod template where that sets one', () => {
  const missing = (template: object) => {
    const message = 'exec: "node": executable file not found';
    const waiting = { reason: 'RunContainerError', message };
    const pod = {
      metadata: { name: 'www-1' },
      spec: { containers: [{ name: 'app', ...template }] },
      status: { containerStatuses: [{ name: 'app', restartCount: 0, state: { waiting } }] },
    };
    return podProblems([pod as unknown as V1Pod], new Map()).flatMap((problem) => advice(problem, id));
  };
  const ofImage = 'install node in the image, or correct ENTRYPOINT and CMD of its Dockerfile';
  expect(missing({})).toEqual([ofImage]);
  expect(missing({ args: ['x'] })).toEqual([ofImage, 'or correct args of container app in the pod template']);
  expect(missing({ command: ['node'] })).toEqual([
    'install node in the image, or correct command of container app in the pod template',
  ]);
});

it('a crash says that the previous version keeps running only where one ran', () => {
  const crash = {
    key: '',
    reason: 'ContainerCrashed',
    message: 'container app exited with code 1',
    graceMs: 0,
  } as const;
  expect(advice(crash, id, false)).toEqual(['fix it, commit if the code has to change, and push again']);
  expect(advice(crash, id, true)).toEqual([
    'fix it, commit if the code has to change, and push again; until then the previous version keeps running',
  ]);
});

describe('what to do about a container that is not ready', () => {
  const pod = makePod({ statuses: [containerStatus({ state: { running: {} } })] });
  const [container] = containerStates(pod);
  const failureOn = (words: string) => container && probeFailure(pod, container, [warning('www-1-abc', words)]);

  it('names the port that nothing listens on', () => {
    const refused =
      'Readiness probe failed: Get "http://10.0.0.7:3001/": dial tcp 10.0.0.7:3001: connect: connection refused';
    expect(failureOn(refused)).toEqual({
      words: 'its readiness probe gets no answer on port 3001: connection refused',
      hint: 'listen on port 3001 in container app, or correct the port of its readiness probe in the pod template',
    });
  });

  it('names the answer to the probe', () => {
    expect(failureOn('Readiness probe failed: HTTP probe failed with statuscode: 404')).toEqual({
      words: 'its readiness probe gets 404 for GET /',
      hint: 'answer GET / with 200 in container app, or correct the path of the readiness probe in the pod template',
      isFinal: true,
    });
    expect(failureOn('Readiness probe failed: HTTP probe failed with statuscode: 503')?.isFinal).toBeUndefined();
  });

  describe('of a command', () => {
    const asked = (words: string, probe: object = {}, settings: object = {}) => {
      const readinessProbe = { exec: { command: ['pg_isready', '-q'] }, ...probe };
      const asking = { ...pod, spec: { containers: [{ name: 'app', image: 'new', readinessProbe, ...settings }] } };
      return container && probeFailure(asking, container, [warning('www-1-abc', words)]);
    };

    it('says that it does not exit with 0, and what it printed', () => {
      expect(asked('Readiness probe failed: ')).toEqual({
        words: 'the command "pg_isready -q" of its readiness probe does not exit with 0',
        hint: 'fix what the readiness probe checks, or correct its command in the pod template',
        toSeeWhy:
          'to see why it fails, type: docker run --detach --rm --name app-test new && sleep 5 && docker exec app-test pg_isready -q; docker stop app-test',
      });
      const slow = { exec: { command: ['sh', '-c', 'test -e /ready'] }, initialDelaySeconds: 20 };
      expect(asked('Readiness probe failed: ', slow)?.toSeeWhy).toMatch(
        / && sleep 20 && docker exec app-test sh -c 'test -e \/ready'; docker stop app-test$/,
      );
      expect(asked('Readiness probe failed: no answer: timed out')?.words).toBe(
        'the command "pg_isready -q" of its readiness probe does not exit with 0: no answer: timed out',
      );
    });

    it('offers no command that lacks what the container is given in the cluster', () => {
      const env = [{ name: 'DATABASE_URL', value: 'postgres://db' }];
      for (const settings of [{ env }, { envFrom: [{ secretRef: { name: 'db' } }] }, { command: ['web'] }]) {
        const failure = asked('Readiness probe failed: ', {}, settings);
        expect(failure?.toSeeWhy).toBeUndefined();
        expect(failure?.hint).toMatch(/^run the command of the readiness probe in the image to see why it fails, or/);
      }
    });

    it.each([
      'Readiness probe failed: command timed out: "pg_isready -q" timed out after 2s',
      'Readiness probe failed: command "pg_isready -q" timed out',
    ])('says that it takes too long: %s', (words) => {
      expect(asked(words, { timeoutSeconds: 2 })).toEqual({
        words: 'the command "pg_isready -q" of its readiness probe does not end within 2 s',
        hint: 'make the command of the readiness probe faster, or raise its timeoutSeconds in the pod template',
      });
    });

    it('says that it cannot be run', () => {
      const why = 'exec: "pg_isready": executable file not found in $PATH';
      const runtime = `rpc error: code = Unknown desc = failed to exec in container: failed to start exec "8f": OCI runtime exec failed: exec failed: unable to start container process: ${why}: unknown`;
      const expected = {
        words: `the command "pg_isready -q" of its readiness probe cannot be run: ${why}`,
        hint: 'install the command of the readiness probe in the image, or correct it in the pod template',
      };
      expect(asked(`Readiness probe errored: ${runtime}`)).toEqual(expected);
      expect(asked(`Readiness probe errored and resulted in unknown state: ${runtime}`)).toEqual(expected);
    });
  });

  it('says that an answer takes too long', () => {
    const late =
      'Get "http://10.0.0.7:3001/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
    expect(failureOn(`Readiness probe failed: ${late}`)).toEqual({
      words: 'its readiness probe gets no answer to GET / within 1 s',
      hint: 'answer GET / faster in container app, or raise timeoutSeconds of its readiness probe in the pod template',
    });
  });

  it('is nothing where no probe failed', () => {
    expect(failureOn('Unable to attach a volume')).toBeUndefined();
  });
});
