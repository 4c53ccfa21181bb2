import { describe, expect, it } from 'vitest';
import type { Workload } from '../../kube/kube.ts';
import { makeDeployment } from '../testing/objects.ts';
import { makeCronJob, makeDaemonSet } from '../testing/workloads.ts';
import { risksOf } from './risks.ts';

const good = { readinessProbe: { tcpSocket: { port: 1 } }, resources: { limits: { memory: '1Gi' } } };

function make(replicas: number | undefined, ...containers: object[]): Workload {
  const named = containers.map((one, index) => ({ name: `c${index}`, image: 'i', ...one }));
  return makeDeployment({ spec: { replicas, template: { spec: { containers: named } } } });
}

const noProbe = 'no readinessProbe, a pod counts as ready when it starts';
const single = 'one replica, nothing answers when its pod crashes or its node is drained';
const unsized = 'no resources requested, a node may run out of them';

describe('the risks of a workload', () => {
  it('are none where it has probes, replicas and resources', () => {
    expect(risksOf(make(2, good))).toEqual([]);
  });

  it.each([
    ['all of them where it has nothing', make(undefined, {}), [noProbe, single, unsized]],
    ['no readinessProbe', make(2, { ...good, readinessProbe: undefined }), [noProbe]],
    ['one replica', make(1, good), [single]],
    ['no resources', make(2, { ...good, resources: { requests: {} } }), [unsized]],
    [
      'those of each container, by name where there are several',
      make(2, good, {}),
      [
        'no readinessProbe in c1, a pod counts as ready when it starts',
        'no resources requested in c1, a node may run out of them',
      ],
    ],
  ])('are %s', (_, workload, risks) => {
    expect(risksOf(workload)).toEqual(risks);
  });

  it('of one that is scaled to 0, a DaemonSet or a CronJob are not those of replicas', () => {
    expect(risksOf(make(0, good))).toEqual([]);
    expect(risksOf(makeDaemonSet())).not.toContain(single);
    expect(risksOf(makeCronJob())).toEqual([]);
  });
});
