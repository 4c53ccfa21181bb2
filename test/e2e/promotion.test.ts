import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { app } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { Gitkube } from '../support/gitkube.ts';
import { PrivateRegistry } from '../support/private-registry.ts';
import { Project } from '../support/project.ts';

let gitkube: Gitkube;
/** Its Remote `app` is the one that is promoted from. */
let project: Project;

beforeAll(async () => {
  gitkube = await Gitkube.start();
  project = await Project.create(gitkube, { replicas: 0 });
  expect(await project.push()).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await gitkube[Symbol.asyncDispose]();
});

/** Applies another Remote of the project, with a Deployment of its name, and waits until the server knows it. */
async function apply(name: string, spec: object, container: object = {}, of = project): Promise<void> {
  const { namespace } = of;
  const deployments = [{ name, containers: [{ name, path: 'www', ...container }] }];
  const authorizedKeys = [await project.publicKey()];
  const remote = { metadata: { name, namespace }, spec: { authorizedKeys, deployments, ...spec } };
  await of.apply(
    { apiVersion: 'gitkube.sh/v1alpha1', kind: 'Remote', ...remote },
    ...app(name, namespace, { replicas: 0 }),
  );
  await eventually(async () => {
    const found = JSON.parse(await of.kubectl('get', 'remote', name, '-o', 'json'));
    return found.status?.observedGeneration === found.metadata.generation;
  });
}

function urlOf(name: string, of = project): string {
  return of.url.replace(/app$/, name);
}

function push(name: string, ...options: string[]) {
  return project.tryGit(['push', ...options, urlOf(name), 'HEAD:main']);
}

function digestOf(image: string): string {
  return image.slice(image.indexOf('@') + 1);
}

/** Of the release of a Remote, as its tag has it. */
async function recordOf(name: string): Promise<string> {
  await project.git('fetch', '-q', '-f', urlOf(name), 'refs/tags/releases/1:refs/seen');
  return project.git('cat-file', 'tag', 'refs/seen');
}

describe('a Remote that promotes', () => {
  it('runs the very image that another one has released, and builds nothing', async () => {
    await apply('prod', { promoteFrom: ['app'], requirePromotion: true });
    const { code, output } = await push('prod');
    expect(output).toContain(`prod/prod: the image of ${project.namespace}/app releases/1, nothing is built`);
    expect(output).toMatch(/promoted from \S+\/app releases\/1 in [\d.]+ m?s, nothing copied/);
    expect(output).not.toContain('building');
    expect(code).toBe(0);
    const [staging, prod] = [await project.image(), await project.image('prod')];
    expect(digestOf(prod)).toBe(digestOf(staging));
    expect(prod).not.toBe(staging);
    expect(await recordOf('prod')).toContain(`promotedFrom: ${project.namespace}/app releases/1`);
    const again = await project.ssh('redeploy', `${project.namespace}/prod`);
    expect(again).toMatchObject({ code: 0 });
  });

  it('refuses a commit that no release of another one has, with what to type, and takes it after that', async () => {
    await project.writeApp('www', 'www 2');
    const commit = await project.commit('second version');
    const refused = await push('prod');
    expect(refused.code).toBe(1);
    expect(refused.output).toContain(
      `error: commit ${commit.slice(0, 7)} has no release in ${project.namespace}/app, and ${project.namespace}/prod runs nothing else`,
    );
    const [, command = ''] = /hint: push it there first, then here again: git (.*)/.exec(refused.output) ?? [];
    expect(await project.tryGit(command.trim().split(' '))).toMatchObject({ code: 0 });
    expect(await push('prod')).toMatchObject({ code: 0 });
    expect(await project.tryGit(['push', urlOf('prod'), 'HEAD:refs/rollback/1'])).toMatchObject({ code: 0 });
    expect(await push('prod')).toMatchObject({ code: 0 });
  });

  it('refuses an image that it would have to build, and -o no-cache', async () => {
    await apply('other', { promoteFrom: ['app'], requirePromotion: true }, { buildArgs: [{ name: 'X', value: '1' }] });
    await project.writeApp('www', 'www 3', `${'FROM scratch\nARG X\nCOPY index.html /\nCMD ["/none"]\n'}`);
    await project.commit('third version');
    expect(await project.push()).toMatchObject({ code: 0 });
    const refused = await push('other');
    expect(refused.output).toContain('error: other/other would have to be built: releases/3 of ');
    expect(refused.code).toBe(1);
    expect((await push('prod', '-o', 'no-cache')).output).toContain('error: -o no-cache does not go with ');
  });

  it('builds what is not promoted where it may', async () => {
    await apply('loose', { promoteFrom: ['app'] });
    await project.writeApp('www', 'www 4', 'FROM scratch\nCOPY index.html /\nCMD ["/none"]\n');
    await project.commit('fourth version');
    const built = await push('loose');
    expect(built).toMatchObject({ code: 0, output: expect.stringContaining('loose/loose: building www') });
  });

  it('copies the image, by digest, to a registry with another login, and from there', async () => {
    await using registry = await PrivateRegistry.start();
    const { host, username, password } = registry;
    const login = [`--docker-server=${host}`, `--docker-username=${username}`, `--docker-password=${password}`];
    await project.kubectl('create', 'secret', 'docker-registry', 'private', ...login);
    await project.writeApp('www', 'www 5');
    await project.commit('fifth version');
    expect(await project.push()).toMatchObject({ code: 0 });
    await apply('far', {
      promoteFrom: ['app'],
      requirePromotion: true,
      registry: { url: host, credentials: { secretRef: 'private' } },
    });
    const there = await push('far');
    expect(there).toMatchObject({
      code: 0,
      output: expect.stringMatching(/promoted from .* in .*, [1-9][\d.]* \w+ copied/),
    });
    expect(digestOf(await project.image('far'))).toBe(digestOf(await project.image()));
    expect(await project.image('far')).toContain(`${host}/`);
    await apply('back', { promoteFrom: ['far'], requirePromotion: true });
    expect(await push('back')).toMatchObject({ code: 0 });
    expect(digestOf(await project.image('back'))).toBe(digestOf(await project.image()));
  });

  it('needs the leave of a Remote of another namespace', async () => {
    await using elsewhere = await Project.create(gitkube, { replicas: 0 });
    await apply('prod', { promoteFrom: [`${project.namespace}/app`] }, {}, elsewhere);
    const pushThere = () => project.tryGit(['push', urlOf('prod', elsewhere), 'HEAD:main']);
    const refused = await pushThere();
    expect(refused.output).toContain(
      `spec.promoteFrom names ${project.namespace}/app, which is no Remote that lets it`,
    );
    expect(refused.code).toBe(1);
    await project.kubectl(
      ...['patch', 'remote', 'app', '--type=merge', '-p'],
      JSON.stringify({ spec: { promoteTo: [`${elsewhere.namespace}/prod`] } }),
    );
    await project.remoteIsKnown();
    expect(await pushThere()).toMatchObject({ code: 0, output: expect.stringContaining('nothing is built') });
  });
});
