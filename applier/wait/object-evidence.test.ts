import { describe, expect, it } from 'vitest';
import type { AnyObject, V1Pod } from '../../kube/kube.ts';
import type { KubeDeps } from '../../kube/retrying-kube.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { evidenceOf } from './object-evidence.ts';

const crashed = (name: string, owner: { kind: string; name: string; uid: string }, hash?: string): V1Pod => ({
  metadata: {
    name,
    namespace: 'team',
    uid: `uid-of-${name}`,
    labels: { app: 'shared', ...(hash === undefined ? {} : { 'pod-template-hash': hash }) },
    ownerReferences: [{ apiVersion: 'apps/v1', controller: true, ...owner }],
  },
  spec: { containers: [] },
  status: {
    containerStatuses: [
      {
        name: 'app',
        image: '',
        imageID: '',
        ready: false,
        restartCount: 0,
        state: { terminated: { exitCode: 3, finishedAt: new Date(0) } },
      },
    ],
  },
});

const deployment: AnyObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'team', uid: 'uid-of-web' },
  spec: { selector: { matchLabels: { app: 'shared' } }, template: {} },
};

async function logsRead(object: AnyObject, pods: readonly V1Pod[]): Promise<string[]> {
  const read: string[] = [];
  const kube = {
    listPods: async () => pods,
    listEvents: async () => [],
    podLog: async (_: string, pod: string) => {
      read.push(pod);
      return ['a line of its log'];
    },
  };
  await evidenceOf({ kube, clock: new ManualClock() } as unknown as KubeDeps, object);
  return read;
}

describe('the evidence for an object that does not work', () => {
  it('has the log of the pods of a Deployment', async () => {
    const own = crashed('web-5d8-x', { kind: 'ReplicaSet', name: 'web-5d8', uid: 'uid-of-web-5d8' }, '5d8');
    expect(await logsRead(deployment, [own])).toEqual(['web-5d8-x']);
  });

  it('has the log of the pods of a Job', async () => {
    const job = { ...deployment, apiVersion: 'batch/v1', kind: 'Job' };
    const own = crashed('web-x', { kind: 'Job', name: 'web', uid: 'uid-of-web' });
    expect(await logsRead(job, [own])).toEqual(['web-x']);
  });

  it('has no log of the pods of others that its selector names', async () => {
    const foreign = crashed('vault-77c-x', { kind: 'ReplicaSet', name: 'vault-77c', uid: 'uid-of-vault-77c' }, '77c');
    const set = crashed('vault-0', { kind: 'StatefulSet', name: 'vault', uid: 'uid-of-vault' });
    expect(await logsRead(deployment, [foreign, set])).toEqual([]);
    const custom = {
      ...deployment,
      apiVersion: 'example.com/v1',
      kind: 'Deployment',
      metadata: { ...deployment.metadata, name: 'vault' },
    };
    expect(await logsRead(custom, [foreign, set])).toEqual([]);
  });

  it('has no log of a pod whose name only looks like that of a custom object', async () => {
    const { metadata, status } = crashed('vault-0', { kind: 'StatefulSet', name: 'vault', uid: 'uid-of-vault' });
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata, status } as unknown as AnyObject;
    expect(await logsRead(pod, [])).toEqual(['vault-0']);
    expect(await logsRead({ ...pod, apiVersion: 'example.com/v1' }, [])).toEqual([]);
  });
});
