import { expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import { makeDeployment } from '../../deployer/testing/objects.ts';
import type { Workload } from '../../kube/index.ts';
import type { Task } from '../../remote-crd/index.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { readyTask, type TaskOrder } from '../tasks/task-order.ts';
import { checkTasks } from './check-tasks.ts';

const from = { kind: 'Deployment', deployment: 'www', container: 'app' } as const;
const task = (stage: Task['stage'], sidecars: string[] = []): Task => ({
  ...{ name: 'one', stage, from, command: ['x'], timeoutSeconds: 60, retries: 0, onlyIfChanged: [], onRollback: false },
  ...{ env: [], inherit: { env: true, sidecars } },
});

const remote = { id: 'n/r', namespace: 'n', name: 'r', uid: 'u' };
const proxied = {
  ...makeDeployment({ spec: { template: { spec: { initContainers: [{ name: 'proxy', restartPolicy: 'Always' }] } } } }),
} as Workload;

interface World {
  readonly refusal?: GitkubeError;
  readonly rendered?: Workload;
  readonly skipped?: string;
}

function check(one: Task, { refusal, rendered, skipped }: World = {}) {
  const kube = { getWorkload: async () => makeDeployment() as Workload };
  const tasks = { prepare: (order: Omit<TaskOrder, 'instance'>) => readyTask(kube, { ...order, instance: 'i' }) };
  const checkJob = async () => {
    if (refusal) throw refusal;
  };
  const facts = {
    ...{ id: 'd1', commit: 'c1', revision: { branch: 'main' }, principal: { name: 'ada' }, remote },
    ...{
      tasks: [{ task: one, ...(skipped && { skipped }) }],
      checked: { manifests: rendered && { objects: [rendered] } },
    },
  };
  const context = { tasks, kube: { checkJob }, clock: new ManualClock(), log: silentLogger };
  return checkTasks(context as never, facts as never);
}

it.each(['Test', 'Migrate', 'Verify'] as const)(
  'a %s that cannot run is found before anything is built',
  async (stage) => {
    await expect(check(task(stage, ['proxy']))).rejects.toMatchObject({
      reason: 'RemoteInvalid',
      message: 'task one inherits sidecar proxy, which Deployment www does not have',
    });
    await expect(check(task(stage, ['proxy']), { skipped: 'push option no-tests' })).resolves.toBeUndefined();
  },
);

it('a Verify may have what only the manifests of the push bring, and a Migrate, which runs before them, may not', async () => {
  await expect(check(task('Verify', ['proxy']), { rendered: proxied })).resolves.toBeUndefined();
  await expect(check(task('Migrate', ['proxy']), { rendered: proxied })).rejects.toMatchObject({
    reason: 'RemoteInvalid',
  });
});

it('a Job that the API server calls invalid is found, and a quota, which may be free by then, is not asked', async () => {
  const invalid = new GitkubeError('ObjectRefused', 'the API server refuses jobs in namespace n: it is invalid');
  await expect(check(task('Verify'), { refusal: invalid })).rejects.toMatchObject({
    reason: 'ObjectRefused',
    message: 'task one: the API server refuses jobs in namespace n: it is invalid',
  });
  const quota = new GitkubeError('RolloutRefused', 'exceeded quota');
  await expect(check(task('Verify'), { refusal: quota })).resolves.toBeUndefined();
});
