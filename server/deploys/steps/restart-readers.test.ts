import { beforeEach, expect, it } from 'vitest';
import { GitkubeError } from '../../../base/errors.ts';
import { silentLogger } from '../../../base/log.ts';
import type { Workload, WorkloadKind } from '../../../kube/workload.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import type { ChangeFacts } from './apply-manifests.ts';
import { restartReaders } from './restart-readers.ts';

let workloads: Workload[];
let lines: string[];
let mayList: boolean;

beforeEach(() => {
  workloads = [reader('Deployment', 'web'), reader('Deployment', 'side', 'other-env')];
  lines = [];
  mayList = true;
});

function reader(kind: WorkloadKind, name: string, secret = 'web-env', annotations = {}): Workload {
  const containers = [{ name: 'app', envFrom: [{ secretRef: { name: secret } }] }];
  return { kind, metadata: { name, annotations }, spec: { template: { spec: { containers } } } } as Workload;
}

async function restarted(): Promise<readonly string[]> {
  const kube = {
    getWorkload: async (kind: WorkloadKind, _: string, name: string) =>
      workloads.find((one) => one.kind === kind && one.metadata?.name === name),
    listWorkloads: async (kind: WorkloadKind) => {
      if (!mayList) throw new GitkubeError('ClusterForbidden', 'may not list');
      return workloads.filter((one) => one.kind === kind);
    },
  };
  const target = (name: string) => ({ target: { kind: 'Deployment', name, containers: [] }, images: {} }) as const;
  const facts = {
    env: { ref: { kind: 'Secret', namespace: 'ns', name: 'web-env' }, change: undefined },
    ...{ envHasChanged: true, changes: [target('web'), target('side')], revision: { branch: 'main' } },
    output: { say: (line: string) => void lines.push(line) },
  };
  const deps = { kube, clock: new ManualClock(), log: silentLogger };
  const { changes } = (await restartReaders.run(facts as never, deps)) as Pick<ChangeFacts, 'changes'>;
  return changes.filter(({ restartedAt }) => restartedAt !== undefined).map(({ target: { name } }) => name);
}

it('the workloads of the release that read the env are restarted, and no others', async () => {
  expect(await restarted()).toEqual(['web']);
  expect(lines).toEqual([]);
});

it('a workload that reads it and is not of the release is named, with what restarts it', async () => {
  workloads.push(reader('StatefulSet', 'worker'), reader('DaemonSet', 'agent'));
  workloads.push(reader('Deployment', 'still', 'web-env', { 'gitkube.sh/restart-on-config-change': 'false' }));
  expect(await restarted()).toEqual(['web']);
  expect(lines).toEqual([
    'env: StatefulSet worker reads Secret web-env, too, and is not of this release; to restart it, type: kubectl -n ns rollout restart statefulset/worker',
    'env: DaemonSet agent reads Secret web-env, too, and is not of this release; to restart it, type: kubectl -n ns rollout restart daemonset/agent',
  ]);
});

it('the deploy goes on where other workloads cannot be listed', async () => {
  mayList = false;
  expect(await restarted()).toEqual(['web']);
  expect(lines).toEqual(['env: other workloads that may read Secret web-env cannot be listed: may not list']);
});
