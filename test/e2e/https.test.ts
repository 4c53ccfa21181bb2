import { rm } from 'node:fs/promises';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { Gate } from '../support/gate.ts';
import { addToken, HttpsDoor, writeNoise } from '../support/https-door.ts';
import { descendants } from '../support/processes.ts';
import { appDockerfile, Project } from '../support/project.ts';

let door: HttpsDoor;

beforeAll(async () => {
  door = await HttpsDoor.open();
});
afterAll(async () => {
  await door[Symbol.asyncDispose]();
});

describe.concurrent('git over HTTPS', () => {
  it('deploys, fetches, clones and lists with a token as the password', async () => {
    await using project = await Project.create(door.gitkube);
    const token = await addToken(project, 'ci');
    const url = door.url(project);
    const pushed = await door.git(project, token, ['push', url, 'HEAD:main']);
    expect(pushed.output).toContain('remote: ');
    expect(pushed.output).toContain('releases/1');
    expect(pushed.code).toBe(0);
    expect(await project.page()).toBe('www 1');
    const listed = await door.git(project, token, ['ls-remote', `${url}.git`]);
    expect(listed.stdout).toContain('refs/tags/releases/1');
    const cloned = await door.git(project, token, ['clone', '-q', url, 'copy']);
    expect(cloned).toMatchObject({ code: 0, stdout: '' });
    expect(await project.git('-C', 'copy', 'log', '-1', '--format=%s')).toBe('first version\n');
    await rm(join(project.folder, 'copy'), { recursive: true });
    expect((await door.git(project, token, ['fetch', '-q', url, 'main'])).code).toBe(0);
    expect(await project.git('cat-file', '-p', 'FETCH_HEAD')).toContain('first version');
    const { output } = await project.ssh('deploys', `${project.namespace}/app`);
    expect(output).toMatch(/ {3}ci {3}releases\/1/);
  });

  it('takes pushes of more than git holds in memory, in chunks, and a dry run', async () => {
    await using project = await Project.create(door.gitkube, { replicas: 0 });
    const token = await addToken(project, 'ci', '--may', 'deploy', '--expires', '1h');
    await writeNoise(project, 'www/noise', 3_000_000);
    await project.commit('large');
    const dry = await door.git(project, token, ['push', '-o', 'dry-run', door.url(project), 'HEAD:main']);
    expect(dry.output).toContain('nothing');
    expect(dry.code).toBe(1);
    const pushed = await door.git(project, token, ['push', door.url(project), 'HEAD:main']);
    expect(pushed.output).toContain('releases/1');
    expect(pushed.code).toBe(0);
    const again = await door.git(project, token, ['push', door.url(project), 'HEAD:main']);
    expect(again).toMatchObject({ code: 0, output: expect.stringContaining('Everything up-to-date') });
  });

  it('takes shallow clones and rolls back', async () => {
    await using project = await Project.create(door.gitkube, { replicas: 0 });
    const token = await addToken(project, 'ci');
    const url = door.url(project);
    expect((await door.git(project, token, ['push', url, 'HEAD:main'])).code).toBe(0);
    await project.commit('second');
    expect((await door.git(project, token, ['push', url, 'HEAD:main'])).code).toBe(0);
    expect((await door.git(project, token, ['clone', '-q', '--depth', '1', url, 'shallow'])).code).toBe(0);
    const shallow = ['-C', 'shallow', '-c', 'user.name=CI', '-c', 'user.email=ci@example.com'];
    await project.git(...shallow, 'commit', '-q', '--allow-empty', '-m', 'from CI');
    const pushed = await door.git(project, token, ['-C', 'shallow', 'push', url, 'HEAD:main']);
    expect(pushed.output).toContain('releases/3');
    expect(pushed.code).toBe(0);
    const back = await door.git(project, token, ['push', url, 'HEAD:refs/rollback/1']);
    expect(back.output).toContain('Rollback to releases/1');
    expect(back.code).toBe(0);
  });

  it('goes on with a push whose client is killed once it is sent', async () => {
    await using project = await Project.create(door.gitkube, { replicas: 0 });
    const token = await addToken(project, 'ci');
    await using gate = await Gate.make();
    await project.writeApp('www', 'slow', appDockerfile(`RUN ${gate.pass}`));
    await project.commit('slow');
    const pushing = door.git(project, token, ['push', door.url(project), 'HEAD:main']);
    await gate.reached;
    const clients = descendants(process.pid).filter(({ command }) => command.includes(door.url(project)));
    for (const { pid } of clients) process.kill(pid, 'SIGKILL');
    expect((await pushing).output).not.toContain('releases/1');
    gate.open();
    await eventually(async () => (await project.git('ls-remote', project.url)).includes('releases/1'));
  });
});

describe.concurrent('a token', () => {
  it('that is none, of another Remote, or removed is refused alike, and git asks for another one', async () => {
    await using project = await Project.create(door.gitkube, { replicas: 0 });
    await using theirs = await Project.create(door.gitkube, { replicas: 0 });
    const [token, foreign] = [await addToken(project, 'ci'), await addToken(theirs, 'ci')];
    const says = async (one: string) => (await door.git(project, one, ['ls-remote', door.url(project)])).output;
    expect(await says(token)).toBe('');
    const refused = await says(`${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`);
    expect(refused).toContain(`remote: gitkube: this is no token of ${project.namespace}/app`);
    expect(refused).toContain('fatal: Authentication failed');
    expect(await says(foreign)).toBe(refused);
    const gone = door.url(project).replace('/app', '/gone');
    const unknown = await door.git(project, token, ['ls-remote', gone]);
    expect(unknown.output.replaceAll('/gone', '/app')).toBe(refused);
    const removed = await cli(['remote', 'tokens', 'remove', `${project.namespace}/app`, 'ci']);
    expect(removed.output).toMatch(/^may no longer use .*\/app: ci \([0-9A-Za-z]{8}\)\n$/);
    await eventually(async () => (await says(token)) === refused);
  });

  it('may do what it was made for, on its branches, until it expires', async () => {
    await using project = await Project.create(door.gitkube, { replicas: 0 });
    const reader = await addToken(project, 'reader', '--may', 'read');
    const other = await addToken(project, 'other', '--may', 'deploy', '--branch', 'preview/*');
    const short = await addToken(project, 'short', '--expires', new Date(Date.now() + 6000).toISOString());
    const push = (token: string) => door.git(project, token, ['push', door.url(project), 'HEAD:main']);
    const read = await push(reader);
    expect(read.output).toContain('the token reader may not push to');
    expect(read.output).toContain('403');
    expect(read.code).toBe(128);
    const refused = await push(other);
    expect(refused.output).toContain('the token other may not deploy branch main');
    expect(refused.code).toBe(1);
    expect((await door.git(project, reader, ['ls-remote', door.url(project)])).code).toBe(0);
    await eventually(async () =>
      (await door.git(project, short, ['ls-remote', door.url(project)])).output.includes('expired at'),
    );
    expect((await project.git('ls-remote', project.url)).trim()).toBe('');
  });

  it('that is removed while its push builds deploys nothing', async () => {
    await using project = await Project.create(door.gitkube, { replicas: 0 });
    const token = await addToken(project, 'ci');
    await using gate = await Gate.make();
    await project.writeApp('www', 'slow', appDockerfile(`RUN ${gate.pass}`));
    await project.commit('slow');
    const before = await project.image();
    const pushing = door.git(project, token, ['push', door.url(project), 'HEAD:main']);
    await gate.reached;
    await cli(['remote', 'tokens', 'remove', `${project.namespace}/app`, 'ci']);
    gate.open();
    const { code, output } = await pushing;
    expect(output).toContain(`${project.namespace}/app no longer accepts this token`);
    expect([code, await project.image()]).toEqual([1, before]);
  });

  it('is listed with the day of its last use, and added with what to type', async () => {
    await using named = await HttpsDoor.open({ GITKUBE_GIT_HTTPS_URL: 'https://git.example.com:8443' });
    await using project = await Project.create(named.gitkube, { replicas: 0 });
    const id = `${project.namespace}/app`;
    const added = await cli(['remote', 'tokens', 'add', id, 'ci']);
    expect(added.output).toContain(`type: git remote add app https://git.example.com:8443/${id}\n`);
    await addToken(project, 'idle');
    const list = async () => (await cli(['remote', 'tokens', 'list', id])).output;
    expect(await list()).toMatch(/LAST USED\n(\S+ +\w+ +deploy +never +-\n){2}$/);
    const before = new Date().toISOString().slice(0, 10);
    expect((await named.git(project, added.stdout.trim(), ['ls-remote', named.url(project)])).code).toBe(0);
    const refused = await named.git(project, added.stdout.trim(), [
      'push',
      named.url(project),
      'HEAD:refs/tags/releases/7',
    ]);
    expect(refused.output).toContain(`git push https://git.example.com:8443/${id} HEAD:refs/rollback/<number>`);
    await eventually(async () => /ci .*never +\d{4}-/.test(await list()));
    const days = [before, new Date().toISOString().slice(0, 10)];
    const listed = JSON.parse((await cli(['remote', 'tokens', 'list', id, '-o', 'json'])).output) as unknown;
    expect(listed).toContainEqual(expect.objectContaining({ name: 'ci', lastUsed: expect.toBeOneOf(days) }));
    expect(listed).toContainEqual(expect.not.objectContaining({ lastUsed: expect.anything() }));
    expect(await project.kubectl('get', 'remote', 'app', '-o', 'wide')).toContain(`https://git.example.com:8443/${id}`);
  });

  it('in a manifest is not applied', async () => {
    await using project = await Project.create(door.gitkube, { replicas: 0, spec: { manifests: { path: 'k8s' } } });
    const secret = `apiVersion: v1\nkind: Secret\nmetadata: {name: gitkube-tokens-app}\ntype: gitkube.sh/tokens\n`;
    await project.write('k8s/tokens.yaml', secret);
    await project.commit('mine');
    const { output } = await project.push();
    expect(output).toContain('Secret/gitkube-tokens-app has tokens of a Remote, and is not applied by a push, skipped');
    expect(await project.kubectl('get', 'secrets', '-o', 'name')).not.toContain('gitkube-tokens');
  });
});

describe('the door', () => {
  it('says why a push is refused before it takes it', async () => {
    await using project = await Project.create(door.gitkube, { replicas: 0 });
    const token = await addToken(project, 'ci');
    await project.ssh('lock', `${project.namespace}/app`, 'freeze');
    const { code, output } = await door.git(project, token, ['push', door.url(project), 'HEAD:main']);
    expect(output).toContain(`remote: ${project.namespace}/app is locked by id@test`);
    expect(code).toBe(128);
  });

  it('answers one request of a connection at a time, and lets nobody hold it who only connects', async () => {
    const { gitHttpsPort: port } = door.gitkube;
    const ended = (send: string) =>
      new Promise<string>((resolve) => {
        let heard = '';
        const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => socket.write(send));
        socket.on('data', (chunk) => (heard += chunk)).on('error', () => {});
        socket.on('close', () => resolve(heard));
      });
    const get =
      'GET /ns/app/info/refs?service=git-upload-pack HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer gk_x\r\n\r\n';
    expect(await ended(get)).toMatch(/^HTTP\/1.1 401 /);
    expect(await ended(get + get)).toBe('');
    const idle = Array.from({ length: 30 }, () => connectPlain({ port, host: '127.0.0.1' }).on('error', () => {}));
    await eventually(async () => idle.filter((socket) => socket.closed).length >= 10);
    await eventually(async () => (await door.curl('/').catch(() => '')).includes('404'));
    for (const socket of idle) socket.destroy();
  });

  it('asks for a password before it says anything, on every request', async () => {
    await using project = await Project.create(door.gitkube, { replicas: 0 });
    const path = `/${project.namespace}/app`;
    const rpc = ['-X', 'POST', '--data-binary', '0000'];
    const answers = [
      await door.curl(`${path}/info/refs?service=git-upload-pack`),
      await door.curl(`${path}/git-receive-pack`, ...rpc, '-H', 'content-type: application/x-git-receive-pack-request'),
      await door.curl(`${path}/git-upload-pack`, ...rpc, '-u', 'ci:gk_wrong'),
    ];
    for (const answer of answers) {
      expect(answer).toMatch(/^HTTP\/1.1 401 /);
      expect(answer).toMatch(/\r\nwww-authenticate: Basic realm="Gitkube"/i);
    }
  });

  it.each([
    '/',
    '/ns/app',
    '/ns/app/HEAD',
    '/ns/app/info/refs',
    '/ns/app/info/refs?service=git-upload-archive',
    '/ns/app/info/refs?service=git-upload-pack&x=1',
    '/ns/../ns/app/info/refs?service=git-upload-pack',
    '/ns/%2e%2e/info/refs?service=git-upload-pack',
    '/ns/app.git/objects/info/packs',
  ])('has nothing at %s', async (path) => {
    expect(await door.curl(path)).toMatch(/^HTTP\/1.1 404 /);
  });
});

describe('without a certificate', () => {
  const plain = { GITKUBE_GIT_HTTPS_CERTIFICATE: '' };

  it('only a proxy is served, and what it says of its client decides', async () => {
    await using behind = await HttpsDoor.open({ ...plain, GITKUBE_GIT_HTTPS_PROXIES: '127.0.0.1/32' });
    await using project = await Project.create(behind.gitkube, { replicas: 0 });
    const token = await addToken(project, 'ci');
    const url = behind.url(project).replace('https:', 'http:');
    expect((await behind.git(project, token, ['ls-remote', url])).code).toBe(0);
    await using other = await HttpsDoor.open({ ...plain, GITKUBE_GIT_HTTPS_PROXIES: '192.0.2.1' });
    const refused = await other.git(project, token, ['ls-remote', other.url(project).replace('https:', 'http:')]);
    expect(refused.output).toContain('without TLS it takes requests of its proxy alone');
    expect(refused.code).toBe(128);
  });

  it('nor a proxy it does not start', async () => {
    await expect(HttpsDoor.open(plain)).rejects.toThrow('git over HTTPS has neither a certificate nor a proxy');
  });
});
