import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { git } from '../../server/git/git-command.ts';
import { eventually } from '../support/eventually.ts';
import { Gate } from '../support/gate.ts';
import { Gitkube } from '../support/gitkube.ts';
import { appDockerfile, Project } from '../support/project.ts';

let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start();
});
afterAll(() => gitkube[Symbol.asyncDispose]());

const deployments = [{ name: 'www', containers: [{ name: 'www', path: 'www' }] }];

async function trashed(project: Project, server = gitkube): Promise<string[]> {
  const folder = join(server.dataFolder, 'trash', project.namespace);
  return (await readdir(folder).catch(() => [])).map((entry) => join(folder, entry)).sort();
}

async function repositories(project: Project, server = gitkube): Promise<string[]> {
  return readdir(join(server.dataFolder, 'repositories', project.namespace)).catch(() => []);
}

async function finalizers(project: Project): Promise<readonly string[]> {
  const { metadata } = await project.remote<{ readonly metadata: { readonly finalizers?: readonly string[] } }>();
  return metadata.finalizers ?? [];
}

function held(project: Project): Promise<boolean> {
  return eventually(async () => (await finalizers(project)).includes('gitkube.sh/repository'));
}

describe('a Remote that is deleted', () => {
  it.concurrent('loses its keys and has its repository in the trash, and a new one of its name starts fresh', async () => {
    await using project = await Project.create(gitkube, { replicas: 0 });
    expect(await finalizers(project)).toEqual([]);
    const { output } = await project.push();
    expect(output).toMatch(/Released releases\/1/);
    await held(project);
    const commit = (await project.git('rev-parse', 'HEAD')).trim();
    await project.kubectl('delete', 'remote', 'app', '--timeout=120s');

    const refused = await project.push();
    expect(refused).toMatchObject({ code: 128 });
    expect(await repositories(project)).toEqual([]);
    const [place = ''] = await trashed(project);
    expect(place).toMatch(/\/app\.\d{8}T\d{6}Z\.git$/);
    expect((await git(['rev-parse', 'releases/1^{}'], { cwd: place })).trim()).toBe(commit);

    await project.applyRemote({ deployments });
    expect(await project.tryGit(['ls-remote', project.url])).toMatchObject({ code: 0, stdout: '' });
    const status = await project.kubectl('get', 'remote', 'app', '-o', 'jsonpath={.status.release}');
    expect(status).toBe('');
    expect((await project.push()).output).toMatch(/Released releases\/1/);
    expect(await trashed(project)).toEqual([place]);
  });

  it.concurrent('is gone when the push under way is finished', async () => {
    await using project = await Project.create(gitkube, { replicas: 0 });
    expect(await project.push()).toMatchObject({ code: 0 });
    await held(project);
    await using gate = await Gate.make();
    await project.writeApp('www', 'www 2', appDockerfile(`RUN ${gate.pass}`));
    await project.commit('slow build');
    const push = project.push();
    await gate.reached;
    await project.kubectl('delete', 'remote', 'app', '--wait=false');
    // A push would wait for the one that is held, if the server has not heard of the deletion yet.
    await eventually(async () =>
      (await project.tryGit(['ls-remote', project.url])).output.includes('Permission denied'),
    );
    expect(await project.push()).toMatchObject({ code: 128, output: expect.stringContaining('Permission denied') });
    expect(await trashed(project)).toEqual([]);
    gate.open();
    expect(await push).toMatchObject({ code: 0, output: expect.stringMatching(/Released releases\/2/) });
    await project.kubectl('wait', '--for=delete', 'remote/app', '--timeout=120s');
    const [place = ''] = await trashed(project);
    expect(await git(['tag', '-l', 'releases/*'], { cwd: place })).toBe('releases/1\nreleases/2\n');
  });

  it.concurrent('and created again at once is a new one', async () => {
    await using project = await Project.create(gitkube, { replicas: 0 });
    expect(await project.push()).toMatchObject({ code: 0 });
    await held(project);
    const remote = JSON.parse(await project.kubectl('get', 'remote', 'app', '-o', 'json')) as object;
    const { spec } = remote as { spec: Record<string, unknown> };
    const again = { apiVersion: 'gitkube.sh/v1alpha1', kind: 'Remote', metadata: { name: 'app' }, spec };
    await project.write('remote.json', JSON.stringify(again));
    await project.kubectl('replace', '--force', '-f', join(project.folder, 'remote.json'), '--timeout=120s');
    await project.kubectl('wait', '--for=jsonpath={.status.remoteUrl}', 'remote/app', '--timeout=120s');
    expect((await project.push()).output).toMatch(/Released releases\/1/);
    expect(await trashed(project)).toHaveLength(1);
  });

  it.concurrent('while the server was away is found when it starts', async () => {
    await using own = await Gitkube.start();
    await using project = await Project.create(own, { replicas: 0 });
    expect(await project.push()).toMatchObject({ code: 0 });
    await held(project);
    await own.stop();
    await project.kubectl('delete', 'remote', 'app', '--wait=false');
    expect(await finalizers(project)).toContain('gitkube.sh/repository');
    await own.start();
    await project.kubectl('wait', '--for=delete', 'remote/app', '--timeout=120s');
    expect(await trashed(project, own)).toHaveLength(1);
  });

  it.concurrent('without its finalizer while the server was away leaves nothing to the next one of its name', async () => {
    await using own = await Gitkube.start();
    await using project = await Project.create(own, { replicas: 0 });
    expect(await project.push()).toMatchObject({ code: 0 });
    await held(project);
    await own.stop();
    await project.kubectl('patch', 'remote', 'app', '--type=merge', '-p', '{"metadata":{"finalizers":null}}');
    await project.kubectl('delete', 'remote', 'app', '--timeout=120s');
    await own.start();
    const [entry = ''] = await repositories(project, own);
    const marked = join(own.dataFolder, 'repositories', project.namespace, entry, 'gitkube-orphan');
    await eventually(() => readFile(marked, 'utf8'));
    expect(await trashed(project, own)).toEqual([]);
    await project.applyRemote({ deployments });
    expect(await project.kubectl('get', 'remote', 'app', '-o', 'jsonpath={.status.releases}')).toBe('');
    expect((await project.push()).output).toMatch(/Released releases\/1/);
    expect(await trashed(project, own)).toHaveLength(1);
  });

  it.concurrent('goes with its namespace', async () => {
    await using project = await Project.create(gitkube, { replicas: 0 });
    expect(await project.push()).toMatchObject({ code: 0 });
    await held(project);
    // Kubernetes takes its time for the rest of it once the Remote is gone.
    await project.kubectl('delete', 'namespace', project.namespace, '--wait=false');
    await project.kubectl('wait', '--for=delete', 'remote/app', '--timeout=120s');
    expect(await trashed(project)).toHaveLength(1);
  });

  it.concurrent('keeps the finalizers of others', async () => {
    await using project = await Project.create(gitkube, { replicas: 0 });
    const set = (names: string[]) =>
      project.kubectl(
        'patch',
        'remote',
        'app',
        '--type=merge',
        '-p',
        JSON.stringify({ metadata: { finalizers: names } }),
      );
    await set(['example.com/backup']);
    expect(await project.push()).toMatchObject({ code: 0 });
    await held(project);
    expect(await finalizers(project)).toEqual(['example.com/backup', 'gitkube.sh/repository']);
    await project.kubectl('delete', 'remote', 'app', '--wait=false');
    await eventually(async () => (await finalizers(project)).join() === 'example.com/backup');
    expect(await trashed(project)).toHaveLength(1);
    await set([]);
    await project.kubectl('wait', '--for=delete', 'remote/app', '--timeout=120s');
  });
});
