import { beforeAll, describe, expect, it } from 'vitest';
import type { V1Pod } from '../../kube/kube.ts';
import { busyboxImage } from '../support/busybox-image.ts';
import { DeployerLab } from '../support/deployer-lab.ts';
import { eventually } from '../support/eventually.ts';
import { expectAsBefore } from '../support/expect-as-before.ts';
import { Gate } from '../support/gate.ts';
import { rig } from '../support/rig.ts';
import { SilentServer } from '../support/silent-server.ts';
import { listen, makeVersions } from '../support/versions.ts';

let v1: string;
let v2: string;
let crash: string;
let neverReady: string;

beforeAll(async () => {
  ({ v1, v2, crash, neverReady } = await makeVersions());
});

/** The deploys of these tests have two minutes: what ends before did not wait for its end. */
const wholeTimeMs = 120_000;

describe.concurrent('a version that does not run', () => {
  it('rolls back all Deployments, also those that ran, and the push has its last log lines', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1, probe: true });
    await lab.workload('api', { image: v1 });
    await Promise.all([lab.rolledOut('www'), lab.rolledOut('api')]);
    const { error, ms } = await lab.deploy({ www: v2, api: crash });
    expect(error?.reason).toBe('ContainerCrashed');
    expect(error?.message).toMatch(/^api: container app in pod api-\S+ exited with code 3$/);
    expect(error?.evidence).toContain('  cannot reach the database');
    expect(ms).toBeLessThan(wholeTimeMs);
    await expectAsBefore(lab, 'www', v1);
    await expectAsBefore(lab, 'api', v1);
  });

  it('for more than a moment does not count as deployed', async () => {
    // A busy kubelet reports an end seconds later.
    await using lab = await DeployerLab.start({ settleMs: 20_000 });
    await lab.workload('www', { image: v1 });
    await lab.rolledOut('www');
    const { error } = await lab.deploy({ www: await busyboxImage('echo hello; sleep 1.5; echo bye; exit 1') });
    expect(error?.reason).toBe('ContainerCrashed');
    await expectAsBefore(lab, 'www', v1);
  });

  it.each(['Deployment', 'StatefulSet', 'DaemonSet'] as const)(
    'because a sidecar crashes again is rolled back, although Kubernetes calls its %s ready',
    async (kind) => {
      await using gate = await Gate.make();
      // Without a crash it is watched for less time than the sidecar runs.
      await using lab = await DeployerLab.start({ settleMs: 2_000 });
      const mesh = (image: string) => ({ name: 'mesh', image, restartPolicy: 'Always' });
      // It listens nowhere: the containers of a pod share their ports.
      const idle = await busyboxImage('exec sleep 3600');
      await lab.workload('www', { kind, image: v1, probe: true, pod: { initContainers: [mesh(idle)] } });
      await lab.rolledOut('www');
      const ready = await busyboxImage(`${gate.pass}; ${listen}`);
      const broken = await busyboxImage('echo no upstream; sleep 6; exit 7');
      const deploying = lab.deployChanges([lab.change('www', { app: ready, mesh: broken })]);
      const restarts = ({ status }: V1Pod) => status?.initContainerStatuses?.[0]?.restartCount ?? 0;
      await eventually(async () => (await lab.pods('www')).some((pod) => restarts(pod) > 0));
      gate.open();
      const { error, lines } = await deploying;
      expect(error?.reason).toBe('ContainerCrashed');
      expect(error?.message).toMatch(/sidecar mesh in pod \S+ exited with code 7/);
      expect(error?.evidence).toContain('  no upstream');
      expect(lines.join()).not.toMatch(/rolled out in/);
      expect(await lab.image('www')).toBe(v1);
    },
  );

  it('because it crashes after its rollout, while another workload still rolls out, is rolled back at once', async () => {
    await using gate = await Gate.make();
    await using lab = await DeployerLab.start();
    await lab.workload('crashy', { image: v1 });
    await lab.workload('slow', { image: v1, probe: true });
    await Promise.all([lab.rolledOut('crashy'), lab.rolledOut('slow')]);
    const crashy = await busyboxImage(`${gate.pass}; echo lost the database; exit 8`);
    const { error } = await lab.deploy(
      { crashy, slow: neverReady },
      { timeoutSeconds: 300, say: (line) => /crashy: rolled out in/.test(line) && gate.open() },
    );
    expect(error?.reason).toBe('ContainerCrashed');
    expect(error?.message).toMatch(/^crashy: container app in pod crashy-\S+ exited with code 8$/);
    expect(error?.evidence).toContain('  lost the database');
    await expectAsBefore(lab, 'crashy', v1);
    await expectAsBefore(lab, 'slow', v1);
  });

  it('because a registry does not answer the node is reported while the node pulls', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1 });
    await lab.rolledOut('www');
    await using registry = await SilentServer.start();
    const abort = new AbortController();
    const { lines } = await lab.deploy(
      { www: `${registry.address}/shop/web@sha256:${'1'.repeat(64)}` },
      { signal: abort.signal, say: (line) => / pulls the image /.test(line) && abort.abort() },
    );
    expect(lines.join()).toContain(`pulls the image of container app (${registry.address}/shop/web)`);
    expect(await lab.image('www')).toBe(v1);
  });

  it('because a volume names a ConfigMap that does not exist ends before its time', async () => {
    await using lab = await DeployerLab.start();
    const volumes = [{ name: 'settings', configMap: { name: 'settings' } }];
    const volumeMounts = [{ name: 'settings', mountPath: '/settings' }];
    await lab.workload('www', { image: v1, pod: { volumes }, container: { volumeMounts } });
    const { error } = await lab.deploy({ www: v2 }, { timeoutSeconds: 300 });
    expect(error?.reason).toBe('ContainerConfigError');
    expect(error?.message).toMatch(/pod www-\S+ cannot be started: .*configmap "settings" not found/);
    expect(await lab.image('www')).toBe(v1);
  });

  it('because a ConfigMap lacks a key is reported with that key', async () => {
    await using lab = await DeployerLab.start();
    await lab.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { other: 'x' } });
    const env = [{ name: 'MODE', valueFrom: { configMapKeyRef: { name: 'settings', key: 'mode' } } }];
    await lab.workload('www', { image: v1, container: { env } });
    const { error } = await lab.deploy({ www: v2 });
    expect(error?.reason).toBe('ContainerConfigError');
    expect(error?.message).toMatch(/couldn't find key mode in ConfigMap/);
    expect(await lab.image('www')).toBe(v1);
  });

  it('because its init container fails is reported with the log of that container', async () => {
    await using lab = await DeployerLab.start();
    const ok = await busyboxImage('echo migrated');
    await lab.workload('www', { image: v1, initImage: ok });
    await lab.rolledOut('www');
    const broken = await busyboxImage('echo no such table: users; exit 7');
    const { error } = await lab.deployChanges([lab.change('www', { app: v2, setup: broken })]);
    expect(error?.message).toMatch(/init container setup in pod \S+ exited with code 7/);
    expect(error?.evidence).toContain('  no such table: users');
    await expectAsBefore(lab, 'www', v1);
  });

  it('within progressDeadlineSeconds of its Deployment fails after that time', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1, probe: true });
    await lab.rolledOut('www');
    const deadline = (seconds: number) =>
      lab.kubectl('patch', 'deployment', 'www', '-p', JSON.stringify({ spec: { progressDeadlineSeconds: seconds } }));
    await deadline(8);
    const first = await lab.deploy({ www: neverReady });
    expect(first.error?.message).toMatch(/within \d+ s \(progressDeadlineSeconds\)/);
    await expectAsBefore(lab, 'www', v1);
    await deadline(600);
    expect((await lab.deploy({ www: v2 })).error).toBeUndefined();
  });

  it('restores a placeholder, and the push does not wait for it', async () => {
    await using lab = await DeployerLab.start();
    const placeholder = `${rig().registry}/no-such-image:1`;
    await lab.workload('www', { image: placeholder });
    const { error, ms } = await lab.deploy({ www: crash });
    expect(error?.reason).toBe('ContainerCrashed');
    expect(ms).toBeLessThan(wholeTimeMs);
    expect(await lab.image('www')).toBe(placeholder);
  });
});
