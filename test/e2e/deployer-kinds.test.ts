import { beforeAll, describe, expect, it } from 'vitest';
import { DeployerLab } from '../support/deployer-lab.ts';
import { eventually } from '../support/eventually.ts';
import { rig } from '../support/rig.ts';
import { makeVersions } from '../support/versions.ts';

let v1: string;
let v2: string;
let crash: string;
let neverReady: string;
let placeholder: string;

beforeAll(async () => {
  ({ v1, v2, crash, neverReady } = await makeVersions());
  placeholder = `${rig().registry}/no-such-image:1`;
});

const onDelete = { updateStrategy: { type: 'OnDelete' } };
const partition = (number: number) => ({
  updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: number } },
});

describe.concurrent('a StatefulSet', () => {
  it('is rolled out over a placeholder that cannot run, and then to the next version', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('db', { kind: 'StatefulSet', image: placeholder, probe: true, spec: { replicas: 2 } });
    await eventually(async () => (await lab.pods('db')).length === 1);
    const first = await lab.deploy({ db: v1 });
    expect(first).toMatchObject({ results: [{ kind: 'StatefulSet', name: 'db', changed: true }] });
    expect(first.lines.join('\n')).toMatch(/db: deleted pod db-0 of the previous version: not ready/);
    expect(await lab.podImages('db')).toEqual({ 'db-0': v1, 'db-1': v1 });
    const second = await lab.deploy({ db: v2 });
    expect(second.error).toBeUndefined();
    expect(second.lines.join('\n')).toMatch(/db: [01] of 2 new pods ready, waiting for/);
    expect(second.lines.join('\n')).not.toContain('deleted');
    expect(await lab.podImages('db')).toEqual({ 'db-0': v2, 'db-1': v2 });
  });

  it.each(['OrderedReady', 'Parallel'])(
    'with %s pods that crash is rolled back, with the pod that would hang for ever',
    async (podManagementPolicy) => {
      await using lab = await DeployerLab.start();
      await lab.workload('db', {
        kind: 'StatefulSet',
        image: v1,
        probe: true,
        spec: { replicas: 2, podManagementPolicy },
      });
      await lab.rolledOut('db');
      const { error, lines } = await lab.deploy({ db: crash });
      expect(error).toMatchObject({ reason: 'ContainerCrashed', message: expect.stringContaining('pod db-1 exited') });
      expect(error?.evidence).toContain('  cannot reach the database');
      expect(lines.at(-1)).toMatch(/db: rolled back; the previous version is running$/);
      expect(await lab.podImages('db')).toEqual({ 'db-0': v1, 'db-1': v1 });
      expect((await lab.found('db')).status).toMatchObject({ readyReplicas: 2 });
    },
  );

  it('whose placeholder cannot run is restored to it, and the failed pod is gone', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('db', { kind: 'StatefulSet', image: placeholder, spec: { replicas: 2 } });
    await eventually(async () => (await lab.pods('db')).length === 1);
    const { error } = await lab.deploy({ db: crash });
    expect(error?.reason).toBe('ContainerCrashed');
    await eventually(async () => (await lab.podImages('db'))['db-0'] === placeholder);
    expect((await lab.deploy({ db: v2 })).error).toBeUndefined();
  });

  it('whose placeholder runs and never becomes ready is rolled out', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('db', { kind: 'StatefulSet', image: neverReady, probe: true });
    await eventually(async () => (await lab.pods('db'))[0]?.status?.containerStatuses?.[0]?.state?.running);
    const { results, lines } = await lab.deploy({ db: v1 });
    expect(results).toMatchObject([{ changed: true }]);
    expect(lines.join('\n')).toMatch(/deleted pod db-0 of the previous version/);
  });

  it('with a partition keeps the pods below it, and the push says so', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('db', { kind: 'StatefulSet', image: v1, probe: true, spec: { replicas: 3, ...partition(2) } });
    await lab.rolledOut('db');
    const { results, lines } = await lab.deploy({ db: v2 });
    expect(results).toMatchObject([{ changed: true }]);
    expect(lines.at(-1)).toMatch(/db: pods db-0 to db-1 stay as before, below its partition 2$/);
    expect(await lab.podImages('db')).toEqual({ 'db-0': v1, 'db-1': v1, 'db-2': v2 });
  });

  it('with OnDelete only gets a new template, and the push says so; a deleted pod then runs it', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('db', { kind: 'StatefulSet', image: v1, spec: { replicas: 2, ...onDelete } });
    await lab.rolledOut('db').catch(() => '');
    await eventually(async () => (await lab.pods('db')).length === 2);
    const { results, lines } = await lab.deploy({ db: v2 });
    expect(results).toMatchObject([{ changed: true }]);
    expect(lines.at(-1)).toMatch(/OnDelete: 2 pods of db run the previous version until deleted$/);
    expect(await lab.podImages('db')).toEqual({ 'db-0': v1, 'db-1': v1 });
    await lab.kubectl('delete', 'pod', 'db-1');
    await eventually(async () => (await lab.podImages('db'))['db-1'] === v2);
  });

  it('that has the images already is not rolled out again', async () => {
    await using lab = await DeployerLab.start({ settleMs: 60_000 });
    await lab.workload('db', { kind: 'StatefulSet', image: v1, probe: true });
    await lab.rolledOut('db');
    const { results, ms } = await lab.deploy({ db: v1 });
    expect(results).toMatchObject([{ changed: false }]);
    expect(ms).toBeLessThan(60_000);
  });

  it('whose pods a quota forbids fails with that reason', async () => {
    await using lab = await DeployerLab.start();
    const resources = { requests: { cpu: '10m' } };
    await lab.workload('db', { kind: 'StatefulSet', image: v1, container: { resources } });
    await lab.rolledOut('db');
    const hard = { 'requests.memory': '1Gi' };
    await lab.apply({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'small' }, spec: { hard } });
    await lab.refusesPods(/failed quota: small/);
    const { error } = await lab.deploy({ db: v2 }, { timeoutSeconds: 15 });
    expect(error?.reason).toBe('RolloutRefused');
    expect(error?.message).toMatch(/failed quota: small/);
    await lab.kubectl('delete', 'quota', 'small');
  });
});

describe.concurrent('a DaemonSet', () => {
  it('is rolled out over a placeholder, then to the next version, and rolled back after a crash', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('agent', { kind: 'DaemonSet', image: placeholder, probe: true });
    await eventually(async () => (await lab.pods('agent')).length === 1);
    expect((await lab.deploy({ agent: v1 })).results).toMatchObject([{ kind: 'DaemonSet', changed: true }]);
    expect((await lab.deploy({ agent: v2 })).error).toBeUndefined();
    expect(Object.values(await lab.podImages('agent'))).toEqual([v2]);
    const { error, lines } = await lab.deploy({ agent: crash });
    expect(error).toMatchObject({
      reason: 'ContainerCrashed',
      message: expect.stringMatching(/^agent: container app/),
    });
    expect(lines.at(-1)).toMatch(/agent: rolled back; the previous version is running$/);
    expect(Object.values(await lab.podImages('agent'))).toEqual([v2]);
  });

  it('that matches no node is rolled out at once, and the push says so', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('agent', { kind: 'DaemonSet', image: v1, pod: { nodeSelector: { disk: 'of-gold' } } });
    const { results, lines } = await lab.deploy({ agent: v2 });
    expect(results).toMatchObject([{ changed: true }]);
    expect(lines.at(-1)).toMatch(/agent: no node matches, so no pods will run$/);
  });

  it('with OnDelete only gets a new template, and the push says so', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('agent', { kind: 'DaemonSet', image: v1, spec: onDelete });
    await eventually(async () => (await lab.pods('agent'))[0]?.status?.phase === 'Running');
    const { results, lines } = await lab.deploy({ agent: v2 });
    expect(results).toMatchObject([{ changed: true }]);
    expect(lines.at(-1)).toMatch(/OnDelete: 1 pod of agent runs the previous version until deleted$/);
    expect(Object.values(await lab.podImages('agent'))).toEqual([v1]);
  });
});

describe.concurrent('a CronJob', () => {
  it('runs the new image with its next job, and is rolled back when another workload fails', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('report', { kind: 'CronJob', image: placeholder });
    await lab.workload('www', { image: v1, probe: true });
    await lab.rolledOut('www');
    const { results, lines } = await lab.deploy({ report: v1 });
    expect(results).toMatchObject([{ kind: 'CronJob', name: 'report', changed: true }]);
    expect(lines.at(-1)).toMatch(/report: runs with its next job \(schedule 0 0 1 1 \*\)$/);
    expect(await lab.image('report')).toBe(v1);
    const failed = await lab.deploy({ report: v2, www: crash });
    expect(failed.error?.reason).toBe('ContainerCrashed');
    expect(failed.lines.join('\n')).toContain('report: rolled back to the previous version');
    expect(await lab.image('report')).toBe(v1);
    expect((await lab.deploy({ report: v1 })).results).toMatchObject([{ changed: false }]);
  });
});
