import { beforeAll, describe, expect, it } from 'vitest';
import { annotationNames } from '../../deployer/index.ts';
import { busyboxImage } from '../support/busybox-image.ts';
import { DeployerLab } from '../support/deployer-lab.ts';
import { rig } from '../support/rig.ts';

const serve = (version: number) => `echo version ${version}; touch /ready; exec sleep 3600`;

let v1: string;
let v2: string;
let crash: string;
let neverReady: string;

beforeAll(async () => {
  [v1, v2, crash, neverReady] = await Promise.all([
    busyboxImage(serve(1)),
    busyboxImage(serve(2)),
    busyboxImage('echo starting; echo cannot reach the database >&2; exit 3'),
    busyboxImage('echo warming up; exec sleep 3600'),
  ]);
});

/** The Deployment is again what it was: images, annotations, and it runs. */
async function expectAsBefore(lab: DeployerLab, name: string, image: string): Promise<void> {
  const { metadata, status, spec } = await lab.deployment(name);
  expect(spec?.template.spec?.containers[0]?.image).toBe(image);
  for (const annotation of annotationNames) expect(metadata?.annotations).not.toHaveProperty([annotation]);
  expect(status?.availableReplicas).toBe(spec?.replicas);
  expect(status?.replicas).toBe(spec?.replicas);
}

describe('a deploy', () => {
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
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1 });
    await lab.rolledOut('www');
    const before = await lab.kubectl('get', 'pods', '-o', 'name');
    const { results, ms } = await lab.deploy({ www: v1 });
    expect(results).toMatchObject([{ changed: false }]);
    expect(ms).toBeLessThan(2000);
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
  ])('works on a Deployment that %s', async (_, options) => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1, ...options });
    await lab.rolledOut('www');
    const { results } = await lab.deploy({ www: v2 });
    expect(results).toMatchObject([{ changed: true }]);
  });

  it('forgives one crash at the start', async () => {
    await using lab = await DeployerLab.start();
    const flaky = await busyboxImage(
      '[ -f /state/seen ] || { touch /state/seen; echo not yet; exit 1; }; touch /ready; exec sleep 3600',
    );
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

describe('a version that does not run', () => {
  it('puts all Deployments back, those that ran too, and tells the last log lines', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1, probe: true });
    await lab.workload('api', { image: v1 });
    await Promise.all([lab.rolledOut('www'), lab.rolledOut('api')]);
    const { error, ms } = await lab.deploy({ www: v2, api: crash });
    expect(error?.reason).toBe('ContainerCrashed');
    expect(error?.message).toMatch(/^api: container app in pod api-\S+ exited with code 3$/);
    expect(error?.evidence).toContain('  cannot reach the database');
    expect(ms).toBeLessThan(20_000);
    await expectAsBefore(lab, 'www', v1);
    await expectAsBefore(lab, 'api', v1);
  });

  it('that runs for a moment only does not count as deployed', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1 });
    await lab.rolledOut('www');
    const { error } = await lab.deploy({ www: await busyboxImage('echo hello; sleep 1.5; echo bye; exit 1') });
    expect(error?.reason).toBe('ContainerCrashed');
    await expectAsBefore(lab, 'www', v1);
  });

  it('because its image does not exist is told by the words of the kubelet', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1 });
    await lab.rolledOut('www');
    const missing = `${v1.split('@')[0]}@sha256:${'0'.repeat(64)}`;
    const { error, ms } = await lab.deploy({ www: missing });
    expect(error?.reason).toBe('ImagePullFailed');
    expect(error?.message).toMatch(/not found/);
    expect(ms).toBeLessThan(15_000);
    await expectAsBefore(lab, 'www', v1);
  });

  it('because a ConfigMap has no such key names it', async () => {
    await using lab = await DeployerLab.start();
    await lab.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { other: 'x' } });
    const env = [{ name: 'MODE', valueFrom: { configMapKeyRef: { name: 'settings', key: 'mode' } } }];
    await lab.workload('www', { image: v1, container: { env } });
    const { error } = await lab.deploy({ www: v2 });
    expect(error?.reason).toBe('ContainerConfigError');
    expect(error?.message).toMatch(/couldn't find key mode in ConfigMap/);
    expect(await lab.image('www')).toBe(v1);
  });

  it('because its command cannot be started tells that', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1, container: { command: ['/no/such/program'] } });
    const { error } = await lab.deploy({ www: v2 });
    expect(error?.reason).toBe('ContainerConfigError');
    expect(error?.message).toMatch(/no such file or directory/);
  });

  it('because its init container fails tells the log of that', async () => {
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

  it('because it uses too much memory says so', async () => {
    await using lab = await DeployerLab.start();
    const resources = { limits: { memory: '16Mi' } };
    await lab.workload('www', { image: v1, container: { resources } });
    await lab.rolledOut('www');
    const greedy = await busyboxImage('echo filling; tail /dev/zero');
    const { error } = await lab.deploy({ www: greedy });
    expect(error?.message).toMatch(/was killed: out of memory/);
  });

  it('in time is told with what its readiness probe said', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1, probe: true });
    await lab.rolledOut('www');
    const { error, lines, ms } = await lab.deploy({ www: neverReady }, { timeoutSeconds: 8 });
    expect(error?.reason).toBe('RolloutTimeout');
    expect(error?.message).toMatch(
      /not rolled out within 8 s: 0 of 1 new pod ready, waiting for www-\S+: container app/,
    );
    expect([error?.message, ...(error?.evidence ?? [])].join()).toMatch(/Readiness probe failed/);
    expect(error?.evidence).toContain('  warming up');
    expect(lines.join()).toMatch(/its readiness probe has not passed yet/);
    expect(ms).toBeLessThan(13_000);
    await expectAsBefore(lab, 'www', v1);
  });

  it('because no node takes it says why', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1, pod: { nodeSelector: { disk: 'of-gold' } } });
    const { error, lines } = await lab.deploy({ www: v2 }, { timeoutSeconds: 5 });
    expect(error?.reason).toBe('PodUnschedulable');
    expect(lines.join()).toMatch(/no node takes it: .*node/);
    expect(await lab.image('www')).toBe(v1);
  });

  it('because a quota forbids its pods says so', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1 });
    await lab.rolledOut('www');
    await lab.apply({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'small' },
      spec: { hard: { pods: '1' } },
    });
    await expect.poll(() => lab.kubectl('get', 'quota', 'small', '-o', 'jsonpath={.status.used.pods}')).toBe('1');
    const { error, ms } = await lab.deploy({ www: v2 });
    expect(error?.reason).toBe('RolloutRefused');
    expect(error?.message).toMatch(/exceeded quota: small/);
    expect(ms).toBeLessThan(15_000);
    await expectAsBefore(lab, 'www', v1);
  });

  it('within progressDeadlineSeconds of its Deployment ends there', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1, probe: true, spec: { progressDeadlineSeconds: 3 } });
    await lab.rolledOut('www');
    const first = await lab.deploy({ www: neverReady });
    expect(first.error?.message).toMatch(/within its progressDeadlineSeconds/);
    await expectAsBefore(lab, 'www', v1);
    expect((await lab.deploy({ www: v2 })).error).toBeUndefined();
  });

  it('leaves a placeholder as it was, and does not wait for it', async () => {
    await using lab = await DeployerLab.start();
    const placeholder = `${rig().registry}/no-such-image:1`;
    await lab.workload('www', { image: placeholder });
    const { error, ms } = await lab.deploy({ www: crash });
    expect(error?.reason).toBe('ContainerCrashed');
    expect(ms).toBeLessThan(20_000);
    expect(await lab.image('www')).toBe(placeholder);
  });
});

describe('other hands', () => {
  it('that set another image in the middle win, and are told', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1, probe: true });
    await lab.rolledOut('www');
    const theirs = await busyboxImage(serve(3));
    let meddle: Promise<unknown> | undefined;
    const say = (line: string) => {
      if (line.includes('waiting for')) meddle ??= lab.kubectl('set', 'image', 'deployment/www', `app=${theirs}`);
    };
    const { error, lines } = await lab.deploy({ www: neverReady }, { say });
    await meddle;
    expect(error?.reason).toBe('WorkloadChanged');
    expect(error?.message).toContain(theirs);
    expect(lines.join()).toMatch(/somebody else set the image of container app .* that stays/);
    expect(await lab.image('www')).toBe(theirs);
  });

  it('that change the image before the patch are put back to, and the journal knows it', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1 });
    await lab.rolledOut('www');
    const theirs = await busyboxImage(serve(3));
    const journals: string[] = [];
    const { error } = await lab.deploy(
      { www: crash },
      {
        beforePatch: async ([snapshot]) => {
          journals.push(snapshot?.images.app ?? '');
          if (journals.length === 1) await lab.kubectl('set', 'image', 'deployment/www', `app=${theirs}`);
        },
      },
    );
    expect(error?.reason).toBe('ContainerCrashed');
    expect(journals).toEqual([v1, theirs]);
    expect(await lab.image('www')).toBe(theirs);
  });

  it('that add a container between reading and patching do not mislead the patch', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1, probe: true });
    const sidecar = { op: 'add', path: '/spec/template/spec/containers/0', value: { name: 'first', image: v1 } };
    const { results } = await lab.deploy(
      { www: v2 },
      {
        beforePatch: async () => {
          await lab.kubectl('patch', 'deployment', 'www', '--type=json', '-p', JSON.stringify([sidecar]));
        },
      },
    );
    expect(results).toMatchObject([{ changed: true }]);
    const containers = (await lab.deployment('www')).spec?.template.spec?.containers ?? [];
    expect(containers.map(({ name, image }) => [name, image])).toEqual([
      ['first', v1],
      ['app', v2],
    ]);
  });

  it('that delete the Deployment end the deploy', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1, probe: true });
    await lab.rolledOut('www');
    let meddle: Promise<unknown> | undefined;
    const say = (line: string) => {
      if (line.includes('waiting for')) meddle ??= lab.kubectl('delete', 'deployment', 'www');
    };
    const { error, lines } = await lab.deploy({ www: neverReady }, { say });
    await meddle;
    expect(error?.reason).toBe('WorkloadChanged');
    expect(lines.join()).toMatch(/was deleted meanwhile/);
  });

  it('that scale it in the middle do not disturb', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1, probe: true });
    await lab.rolledOut('www');
    let meddle: Promise<unknown> | undefined;
    const say = (line: string) => {
      if (line.includes('waiting for')) meddle ??= lab.kubectl('scale', 'deployment', 'www', '--replicas=3');
    };
    const { results } = await lab.deploy({ www: v2 }, { say });
    await meddle;
    expect(results).toMatchObject([{ changed: true }]);
    expect(await lab.image('www')).toBe(v2);
  });

  it('that paused it are told how to resume, before anything changes', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1 });
    await lab.rolledOut('www');
    await lab.kubectl('rollout', 'pause', 'deployment/www');
    const { error } = await lab.deploy({ www: v2 });
    expect(error).toMatchObject({
      reason: 'RolloutRefused',
      hint: [`kubectl -n ${lab.namespace} rollout resume deployment/www`],
    });
    expect(await lab.image('www')).toBe(v1);
    await expect(lab.deployer.inspect(lab.namespace, [lab.change('www', { app: v2 }).target])).rejects.toThrow(
      /paused/,
    );
  });

  it('that pause it in the middle end the deploy', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', {
      image: v1,
      probe: true,
      spec: { replicas: 3, strategy: { rollingUpdate: { maxSurge: 1 } } },
    });
    await lab.rolledOut('www');
    let meddle: Promise<unknown> | undefined;
    const say = (line: string) => {
      if (line.includes('waiting for')) meddle ??= lab.kubectl('rollout', 'pause', 'deployment/www');
    };
    const { error } = await lab.deploy({ www: neverReady }, { say, timeoutSeconds: 10 });
    await meddle;
    expect(error?.reason).toBe('RolloutRefused');
    expect(await lab.image('www')).toBe(v1);
  });

  it('that cancel put everything back', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1, probe: true });
    await lab.rolledOut('www');
    const cancel = new AbortController();
    const say = (line: string) => line.includes('waiting for') && cancel.abort();
    const { error } = await lab.deploy({ www: neverReady }, { say, signal: cancel.signal });
    expect(error?.reason).toBe('Cancelled');
    await expectAsBefore(lab, 'www', v1);
  });
});

describe('recovery after a crash', () => {
  it('puts back what a journal tells, once or twice', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1, probe: true });
    await lab.rolledOut('www');
    const snapshots = await lab.deployer.inspect(lab.namespace, [lab.change('www', { app: v2 }).target]);
    await lab.kubectl('set', 'image', 'deployment/www', `app=${neverReady}`);
    await lab.kubectl('annotate', 'deployment/www', 'gitkube.sh/release=9');
    const changes = [lab.change('www', { app: neverReady })];
    expect(await lab.deployer.matches(lab.namespace, changes)).toEqual([]);
    const lines = await lab.putBack(JSON.parse(JSON.stringify(snapshots)), { www: { app: neverReady } });
    expect(lines.at(-1)).toBe('www: runs again what it ran before');
    await expectAsBefore(lab, 'www', v1);
    expect(await lab.putBack(snapshots, { www: { app: neverReady } })).toEqual([]);
    expect(await lab.deployer.matches(lab.namespace, changes)).toEqual([
      { name: 'www', container: 'app', wants: neverReady, runs: v1 },
    ]);
  });

  it('leaves alone what somebody else set since', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1 });
    const snapshots = await lab.deployer.inspect(lab.namespace, [lab.change('www', { app: v2 }).target]);
    await lab.kubectl('set', 'image', 'deployment/www', `app=${v2}`);
    const lines = await lab.putBack(snapshots, { www: { app: crash } });
    expect(lines.join()).toMatch(/somebody else set the image/);
    expect(await lab.image('www')).toBe(v2);
  });
});
