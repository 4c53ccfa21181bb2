import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WorkloadKind } from '../../kube/kube.ts';
import { eventually } from '../support/eventually.ts';
import { Gitkube } from '../support/gitkube.ts';
import { appDockerfile, Project } from '../support/project.ts';

let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start();
});
afterAll(() => gitkube[Symbol.asyncDispose]());

const kinds = { db: 'StatefulSet', agent: 'DaemonSet', report: 'CronJob' } as const;
const all = ['www', 'db', 'agent', 'report'] as const;
const crashing = () => appDockerfile('', 'echo cannot reach the database; exit 3');

const imagesOf = (project: Project) => Promise.all(all.map((name) => project.image(name, name, kindOf(name))));
const kindOf = (name: string): WorkloadKind => ({ www: 'Deployment', ...kinds })[name] as WorkloadKind;

/** Every app says what version it is; that of the CronJob prints it and ends. */
async function writeVersion(project: Project, version: number): Promise<void> {
  for (const name of ['www', 'db', 'agent']) await project.writeApp(name, `${name} ${version}`);
  await project.writeApp('report', `report ${version}`, appDockerfile('', 'cat /www/index.html'));
  await project.commit(`version ${version}`);
}

describe.concurrent('a Remote of every kind', () => {
  it('deploys all of them, and rolls all of them back when one fails', async () => {
    await using project = await Project.create(gitkube, { deployments: all, kinds });
    await writeVersion(project, 1);
    const first = await project.push();
    expect(first.output).toMatch(/report: runs with its next job/);
    expect(first.output).toContain('Released releases/1');
    expect([await project.page('www'), await project.page('db'), await project.page('agent')]).toEqual([
      'www 1',
      'db 1',
      'agent 1',
    ]);

    await writeVersion(project, 2);
    expect((await project.push()).output).toContain('Released releases/2');
    expect([await project.page('db'), await project.page('agent')]).toEqual(['db 2', 'agent 2']);
    await project.git('fetch', '-q', '--tags', project.url);
    expect(await project.git('show', '--no-patch', 'releases/2')).toMatch(/deployment: db\n\s+kind: StatefulSet\n/);

    const before = await imagesOf(project);
    await writeVersion(project, 3);
    await project.writeApp('db', 'broken', crashing());
    await project.commit('a database that does not start');
    const third = await project.push();
    expect(third.code).toBe(1);
    expect(third.output).toMatch(/db: container db in pod db-0 exited with code 3/);
    expect(await imagesOf(project)).toEqual(before);
    expect([await project.page('www'), await project.page('db'), await project.page('agent')]).toEqual([
      'www 2',
      'db 2',
      'agent 2',
    ]);
  });

  it('runs the new image of a CronJob in its next job', async () => {
    await using project = await Project.create(gitkube, { deployments: ['report'], kinds });
    await project.writeApp('report', 'the report', appDockerfile('', 'cat /www/index.html'));
    await project.commit('print it');
    expect((await project.push()).output).toContain('Released releases/1');
    await project.kubectl('create', 'job', 'now', '--from=cronjob/report');
    await project.kubectl('wait', '--for=condition=complete', 'job/now', '--timeout=100s');
    // The log of a container may come a moment after its end is reported.
    await eventually(async () => (await project.kubectl('logs', 'job/now')) === 'the report\n');
  });

  it('with the wrong kind is refused with the kind that exists', async () => {
    await using project = await Project.create(gitkube, { replicas: 0, deployments: ['www'] });
    await project.applyRemote({
      deployments: [{ name: 'www', kind: 'StatefulSet', containers: [{ name: 'www', path: 'www' }] }],
    });
    const { code, output } = await project.push();
    expect(code).toBe(1);
    expect(output).toContain(
      `there is no StatefulSet www in namespace ${project.namespace}, but a Deployment of that name`,
    );
    expect(output).toContain('set kind: Deployment for www in spec.deployments');
  });
});

describe.concurrent('two Remotes on one workload', () => {
  it('deploy their own container each and leave the other alone', async () => {
    await using project = await Project.create(gitkube, { deployments: ['www'] });
    expect((await project.push()).code).toBe(0);
    const first = await project.image();
    const readinessProbe = { httpGet: { path: '/', port: 8081 }, periodSeconds: 1 };
    const sidecar = { name: 'side', image: 'placeholder.invalid/none:0', readinessProbe };
    const add = [{ op: 'add', path: '/spec/template/spec/containers/-', value: sidecar }];
    await project.kubectl('patch', 'deployment', 'www', '--type=json', '-p', JSON.stringify(add));
    await project.apply({
      apiVersion: 'gitkube.sh/v1alpha1',
      kind: 'Remote',
      metadata: { name: 'side', namespace: project.namespace },
      spec: {
        authorizedKeys: [await project.publicKey()],
        deployments: [{ name: 'www', containers: [{ name: 'side', path: 'side' }] }],
      },
    });
    await project.kubectl('wait', '--for=jsonpath={.status.remoteUrl}', 'remote/side', '--timeout=120s');
    const sideUrl = project.url.replace(/app$/, 'side');
    await project.writeApp('side', 'side 1', appDockerfile('', 'exec httpd -f -p 8081 -h /www'));
    await project.writeApp('www', 'www 2');
    await project.commit('both');

    expect((await project.tryGit(['push', sideUrl, 'HEAD:main'])).output).toContain('Released releases/1');
    const side = await project.image('www', 'side');
    expect([await project.image(), side === first]).toEqual([first, false]);
    expect((await project.push()).output).toContain('Released releases/2');
    expect(await project.image('www', 'side')).toBe(side);
    expect(await project.page()).toBe('www 2');

    const both = await Promise.all([project.image(), project.image('www', 'side')]);
    await project.writeApp('side', 'broken', crashing());
    await project.commit('a broken sidecar');
    const broken = await project.tryGit(['push', sideUrl, 'HEAD:main']);
    expect(broken.output).toMatch(/container side in pod \S+ exited with code 3/);
    expect(await Promise.all([project.image(), project.image('www', 'side')])).toEqual(both);
  });
});

describe.concurrent('one Remote on twelve workloads', () => {
  it('deploys and rolls back all of them', { timeout: 240_000 }, async () => {
    const names = Array.from({ length: 12 }, (_, index) => `app-${index}`);
    const template = { deployments: names.map((name) => ({ name, containers: [{ name, path: 'shared' }] })) };
    // The pods of a few are enough: all twelve are patched, rolled back and compared.
    const replicas = (name: string) => (['app-0', 'app-5', 'app-11'].includes(name) ? 1 : 0);
    await using project = await Project.create(gitkube, { deployments: names, replicas, spec: template });
    await project.writeApp('shared', 'shared 1');
    await project.commit('one context for all');
    const first = await project.push();
    expect(first.output).toContain('Released releases/1');
    await project.writeApp('shared', 'shared 2');
    await project.commit('second');
    const { output } = await project.push();
    expect(output).toContain('Released releases/2');
    expect(await project.page('app-11')).toBe('shared 2');

    const images = () => Promise.all(names.map((name) => project.image(name)));
    const before = await images();
    await project.writeApp('shared', 'broken', crashing());
    await project.commit('third');
    expect((await project.push()).output).toMatch(/app-\d+: container app-\d+ in pod \S+ exited with code 3/);
    expect(await images()).toEqual(before);
    expect(await project.page('app-11')).toBe('shared 2');
  });
});
