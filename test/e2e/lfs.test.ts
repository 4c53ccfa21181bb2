import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Gitkube } from '../support/gitkube.ts';
import { LfsServer } from '../support/lfs-server.ts';
import { appDockerfile, Project } from '../support/project.ts';

let gitkube: Gitkube;
let server: LfsServer;

beforeAll(async () => {
  [gitkube, server] = await Promise.all([Gitkube.start(), LfsServer.start()]);
});
afterAll(async () => {
  await Promise.all([gitkube, server].map((one) => one[Symbol.asyncDispose]()));
});

const deployments = [{ name: 'www', containers: [{ name: 'www', path: 'www' }] }];

/** A project with a file of Git LFS in its build context, whose build compares it with what it has to be. */
async function projectWithFile(): Promise<Project> {
  const project = await Project.create(gitkube, { replicas: 0 });
  await project.git('remote', 'add', 'dev', project.url);
  await project.git('lfs', 'install', '--local');
  await project.git('lfs', 'track', '*.bin');
  const content = randomBytes(20_000_000);
  await project.write('www/large.bin', content);
  await project.write('www/deeper/again.bin', content);
  await project.writeApp('www', 'with a large file', dockerfile(content.length));
  await project.commit('a large file');
  return project;
}

function dockerfile(bytes: number): string {
  const check = `test "$(wc -c < /large.bin)" = ${bytes} && cmp /large.bin /again.bin`;
  return appDockerfile(`COPY large.bin deeper/again.bin /\nRUN ${check}`);
}

describe('a repository with files of Git LFS', () => {
  it('is built with their content, which the hook of its client has sent where the Remote says', async () => {
    await using project = await projectWithFile();
    const { namespace } = project;
    const login = [`--from-literal=username=${server.username}`, `--from-literal=password=${server.password}`];
    await project.kubectl('create', 'secret', 'generic', 'lfs', '--type=kubernetes.io/basic-auth', ...login);
    const lfs = { url: server.url(namespace), credentials: { secretRef: 'lfs' } };
    await project.applyRemote({ deployments, lfs });
    // The login of a client is its own; where the objects go, it asks Gitkube.
    const origin = new URL(server.url(namespace)).origin;
    await project.git('config', `credential.${origin}.helper`, helper());
    const pushed = await project.tryGit(['push', 'dev', 'main']);
    expect(pushed.output).toMatch(/remote: +fetching 1 file of Git LFS, 20\.0 MB/);
    expect(pushed.code).toBe(0);

    await project.write('www/index.html', 'another page\n');
    await project.commit('another page');
    const again = await project.tryGit(['push', 'dev', 'main']);
    expect(again.output).not.toContain('fetching');
    expect(again.output).toContain('www/www: building www');
    expect(again.code).toBe(0);
  });

  it('is refused before it is built where the Remote names no LFS server, with the names', async () => {
    await using project = await projectWithFile();
    const refused = await project.tryGit(['push', '--no-verify', 'dev', 'main']);
    expect(refused.code).toBe(1);
    expect(refused.output).toContain(
      'error: the build of www/www needs 2 files of Git LFS, and the Remote names no LFS server',
    );
    expect(refused.output).toMatch(/\| www\/deeper\/again\.bin\s+remote: +\| www\/large\.bin/);
    expect(refused.output).not.toContain('building www');
    await project.write('www/.dockerignore', '**/*.bin\n');
    await project.writeApp('www', 'without them');
    await project.commit('without them');
    expect(await project.tryGit(['push', '--no-verify', 'dev', 'main'])).toMatchObject({ code: 0 });
  });

  it('is refused with what is wrong where the server wants a login, or does not have an object', async () => {
    await using project = await projectWithFile();
    await project.applyRemote({ deployments, lfs: { url: server.url(project.namespace) } });
    const push = () => project.tryGit(['push', '--no-verify', 'dev', 'main']);
    expect((await push()).output).toMatch(/error: the LFS server 127\.0\.0\.1:\d+ asks for credentials \(HTTP 401\)/);
    await project.applyRemote({
      deployments,
      lfs: { url: server.url(project.namespace), credentials: { secretRef: 'none' } },
    });
    expect((await push()).output).toContain(
      `error: Secret ${project.namespace}/none, which spec.lfs.credentials names, does not exist`,
    );
    const login = [`--from-literal=username=${server.username}`, `--from-literal=password=${server.password}`];
    await project.kubectl('create', 'secret', 'generic', 'none', '--type=kubernetes.io/basic-auth', ...login);
    const refused = await push();
    expect(refused.output).toMatch(/error: the LFS server \S+ has no \w{12} \(404: /);
    expect(refused.output).toContain('hint: push the objects there first: git lfs push --all');
    expect(refused.code).toBe(1);
  });
});

/** What a credential helper is that knows one login. */
function helper(): string {
  return `!f() { echo username=${server.username}; echo password=${server.password}; }; f`;
}
