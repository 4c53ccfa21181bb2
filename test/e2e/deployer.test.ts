import { beforeAll, describe, expect, it } from 'vitest';
import { busyboxImage } from '../support/busybox-image.ts';
import { DeployerLab } from '../support/deployer-lab.ts';
import { rig } from '../support/rig.ts';
import { listen, makeVersions } from '../support/versions.ts';

let v1: string;
let v2: string;

beforeAll(async () => {
  ({ v1, v2 } = await makeVersions());
});

describe.concurrent('a deploy', () => {
  it('rolls a new version out and marks the Deployment', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1, probe: true, spec: { replicas: 2 } });
    await lab.rolledOut('www');
    const { results, lines } = await lab.deploy({ www: v2 });
    expect(results).toMatchObject([{ name: 'www', changed: true }]);
    expect(lines.some((line) => /www: \d of 2 new pods ready, waiting for/.test(line))).toBe(true);
    const { metadata, spec, status } = await lab.deployment('www');
    expect(spec?.template.spec?.containers[0]?.image).toBe(v2);
    expect(spec?.template.metadata?.annotations).toBeUndefined();
    expect(status).toMatchObject({ replicas: 2, updatedReplicas: 2, availableReplicas: 2 });
    expect(metadata?.annotations).toMatchObject({ 'gitkube.sh/commit': 'c0ffee', 'gitkube.sh/release': '1' });
    expect(await lab.deployer.matches(lab.namespace, [lab.change('www', { app: v2 })])).toEqual([]);
  });

  it('replaces a placeholder that cannot run', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: `${rig().registry}/no-such-image:1` });
    const { results } = await lab.deploy({ www: v1 });
    expect(results).toMatchObject([{ changed: true }]);
  });

  it('of the same images rolls nothing out', async () => {
    await using lab = await DeployerLab.start({ settleMs: 60_000 });
    await lab.workload('www', { image: v1 });
    await lab.rolledOut('www');
    const before = await lab.kubectl('get', 'pods', '-o', 'name');
    const { results, ms } = await lab.deploy({ www: v1 });
    expect(results).toMatchObject([{ changed: false }]);
    expect(ms).toBeLessThan(60_000);
    expect(await lab.kubectl('get', 'pods', '-o', 'name')).toBe(before);
    expect((await lab.deployment('www')).metadata?.annotations).toMatchObject({ 'gitkube.sh/release': '1' });
  });

  it('sets containers and init containers in one rollout', async () => {
    await using lab = await DeployerLab.start();
    const [setup1, setup2] = await Promise.all([busyboxImage('echo setup 1'), busyboxImage('echo setup 2')]);
    await lab.workload('www', { image: v1, initImage: setup1 });
    await lab.rolledOut('www');
    const { results } = await lab.deployChanges([lab.change('www', { app: v2, setup: setup2 })]);
    expect(results).toMatchObject([{ changed: true }]);
    const { metadata, spec } = await lab.deployment('www');
    expect(spec?.template.spec?.initContainers?.[0]?.image).toBe(setup2);
    expect(metadata?.annotations?.['deployment.kubernetes.io/revision']).toBe('2');
  });

  it.each([
    ['is scaled to nothing', { spec: { replicas: 0 } }],
    ['is recreated', { spec: { strategy: { type: 'Recreate' } } }],
    ['wants pods ready for some seconds', { spec: { minReadySeconds: 2 } }],
    ['has no deadline', { spec: { progressDeadlineSeconds: 2147483647 } }],
  ])('rolls out a Deployment that %s', async (_, options) => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1, ...options });
    await lab.rolledOut('www');
    const { results } = await lab.deploy({ www: v2 });
    expect(results).toMatchObject([{ changed: true }]);
  });

  it('forgives one crash at the start', async () => {
    await using lab = await DeployerLab.start();
    const flaky = await busyboxImage(`[ -f /state/seen ] || { touch /state/seen; echo not yet; exit 1; }; ${listen}`);
    const container = { volumeMounts: [{ name: 'state', mountPath: '/state' }] };
    await lab.workload('www', {
      image: v1,
      probe: true,
      container,
      pod: { volumes: [{ name: 'state', emptyDir: {} }] },
    });
    await lab.rolledOut('www');
    const { results } = await lab.deploy({ www: flaky });
    expect(results).toMatchObject([{ changed: true }]);
  });
});
