import { beforeAll, describe, expect, it } from 'vitest';
import { busyboxImage } from '../support/busybox-image.ts';
import { DeployerLab } from '../support/deployer-lab.ts';
import { expectAsBefore } from '../support/expect-as-before.ts';
import { makeVersions, serve } from '../support/versions.ts';

let v1: string;
let v2: string;
let crash: string;
let neverReady: string;

beforeAll(async () => {
  ({ v1, v2, crash, neverReady } = await makeVersions());
});

describe.concurrent('other hands', () => {
  it('that set another image during a rollout win, and the push says so', async () => {
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

  it('that change the image before the patch have their image restored after a failure, also from the journal', async () => {
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

  it('that add a container between reading and patching do not make the patch hit another one', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1, probe: true });
    // It listens nowhere: the containers of a pod share their ports.
    const idle = await busyboxImage('exec sleep 3600');
    const sidecar = { op: 'add', path: '/spec/template/spec/containers/0', value: { name: 'first', image: idle } };
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
      ['first', idle],
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
    expect(lines.join()).toMatch(/was deleted since/);
  });

  it('that scale it during a rollout do not disturb the deploy', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1, probe: true });
    await lab.rolledOut('www');
    let meddle: Promise<unknown> | undefined;
    const say = (line: string) => {
      if (line.includes('waiting for')) meddle ??= lab.kubectl('scale', 'deployment', 'www', '--replicas=2');
    };
    const { results } = await lab.deploy({ www: v2 }, { say });
    await meddle;
    expect(results).toMatchObject([{ changed: true }]);
    expect(await lab.image('www')).toBe(v2);
  });

  it('that paused it have the deploy refused with how to resume, before anything changes', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1, spec: { replicas: 0 } });
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

  it('that pause it during a rollout end the deploy', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1, probe: true });
    await lab.rolledOut('www');
    let meddle: Promise<unknown> | undefined;
    const say = (line: string) => {
      if (line.includes('waiting for')) meddle ??= lab.kubectl('rollout', 'pause', 'deployment/www');
    };
    const { error } = await lab.deploy({ www: neverReady }, { say });
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

describe.concurrent('recovery after a crash', () => {
  it('restores what a journal records, once or twice', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1, probe: true });
    await lab.rolledOut('www');
    const snapshots = await lab.deployer.inspect(lab.namespace, [lab.change('www', { app: v2 }).target]);
    await lab.kubectl('set', 'image', 'deployment/www', `app=${neverReady}`);
    await lab.kubectl('annotate', 'deployment/www', 'gitkube.sh/release=9');
    const changes = [lab.change('www', { app: neverReady })];
    expect(await lab.deployer.matches(lab.namespace, changes)).toEqual([]);
    const lines = await lab.restore(JSON.parse(JSON.stringify(snapshots)), { www: { app: neverReady } });
    expect(lines.at(-1)).toBe('www: rolled back; the previous version is running');
    await expectAsBefore(lab, 'www', v1);
    expect(await lab.restore(snapshots, { www: { app: neverReady } })).toEqual([]);
    expect(await lab.deployer.matches(lab.namespace, changes)).toEqual([
      { kind: 'Deployment', name: 'www', container: 'app', wants: neverReady, runs: v1 },
    ]);
  });

  it('leaves alone what somebody else has set since', async () => {
    await using lab = await DeployerLab.start();
    await lab.workload('www', { image: v1, spec: { replicas: 0 } });
    const snapshots = await lab.deployer.inspect(lab.namespace, [lab.change('www', { app: v2 }).target]);
    await lab.kubectl('set', 'image', 'deployment/www', `app=${v2}`);
    const lines = await lab.restore(snapshots, { www: { app: crash } });
    expect(lines.join()).toMatch(/somebody else set the image/);
    expect(await lab.image('www')).toBe(v2);
  });
});
