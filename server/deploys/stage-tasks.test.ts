import { expect, it } from 'vitest';
import { makeDeployment } from '../../deployer/testing/objects.ts';
import type { Workload } from '../../kube/index.ts';
import type { Remote, Task } from '../../remote-crd/index.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { readyTask, type TaskOrder } from '../tasks/task-order.ts';
import { prepareTask } from './stage-tasks.ts';
import { authorizeAgain } from './steps/authorize-again.ts';

const remote = { id: 'n/r', namespace: 'n', name: 'r', uid: 'u', manifests: { serviceAccountName: 'deployer' } };
const task = {
  ...{ name: 'smoke', stage: 'Verify', command: ['x'], env: [], inherit: { env: true, sidecars: [] } },
  from: { kind: 'Deployment', deployment: 'www', container: 'app' },
} as unknown as Task;

it('the Job of a check is created as the account of the manifests, also by a deploy that applies none, as a change of the env', async () => {
  const context = { clock: new ManualClock(), remotes: { entry: () => ({}), get: () => remote } };
  const asked = {
    asked: remote,
    principal: { isTrusted: true },
    trigger: { kind: 'env' },
    revision: { branch: 'main' },
    stillFits: async () => {},
  };
  const { account } = (await authorizeAgain.run(asked as never, context as never)) as { account: string };
  const kube = { getWorkload: async () => makeDeployment() as Workload };
  const tasks = { prepare: (order: Omit<TaskOrder, 'instance'>) => readyTask(kube, { ...order, instance: 'i' }) };
  const images = [{ target: { deployment: 'www', container: { name: 'app' } }, reference: 'r/www@sha256:1' }];
  const facts = { account, images, tasks: [], checked: { manifests: undefined } };
  const { manifests: _, ...restarted } = remote;
  const about = { deploy: 'd1', commit: 'c1', branch: 'main', by: 'ada', how: 'env' };
  const order = { remote: restarted as unknown as Remote, task, facts: about };
  expect((await prepareTask(tasks, facts as never, order)).ref.as).toBe('system:serviceaccount:n:deployer');
});
