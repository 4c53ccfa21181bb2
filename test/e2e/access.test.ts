import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Gitkube } from '../support/gitkube.ts';
import { Project } from '../support/project.ts';
import { TokenAgent } from '../support/token-agent.ts';
import { TokenKeyPair } from '../support/token-key.ts';

let gitkube: Gitkube;
let project: Project;

const names = ['id', 'reader', 'deployer', 'previewer', 'operator'] as const;
type Key = (typeof names)[number];
const deployments = [{ name: 'www', containers: [{ name: 'www', path: 'www' }] }];

beforeAll(async () => {
  gitkube = await Gitkube.start();
  project = await Project.create(gitkube, { replicas: 0 });
  for (const name of names.slice(1)) await project.makeKey(name);
  await allow(
    { keys: ['reader@test'], may: ['read'] },
    { keys: ['deployer@test'], may: ['deploy'] },
    { keys: ['previewer@test'], may: ['deploy', 'operate'], branches: ['preview/*'] },
    { keys: ['operator@test'], may: ['operate'] },
  );
  expect(await project.push()).toMatchObject({ code: 0 });
  await project.commit('not pushed yet');
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await gitkube[Symbol.asyncDispose]();
});

/** Applies these entries of spec.access. */
async function allow(...access: readonly object[]): Promise<void> {
  const authorizedKeys = await Promise.all(names.map((name) => project.publicKey(name)));
  await project.applyRemote({ authorizedKeys, access, deployments });
}

/** What the API server has of Events about the Remote. */
async function eventsOf(reason: string): Promise<readonly { readonly message: string }[]> {
  const events = await project.list<{ reason: string; message: string }>('/api/v1/events');
  return events.filter((event) => event.reason === reason);
}

describe('what a key may do', () => {
  const id = () => `${project.namespace}/app`;

  /** Each answers in words of its own when it is let, and changes nothing. */
  const commands: Readonly<Record<string, () => readonly string[]>> = {
    status: () => ['status', id()],
    logs: () => ['logs', id()],
    rollback: () => ['rollback', id(), '1', '--dry-run'],
    restart: () => ['restart', id(), '--dry-run'],
    redeploy: () => ['redeploy', id(), '--dry-run'],
    cancel: () => ['cancel', id()],
    env: () => ['env', 'list', id()],
    run: () => ['run', id(), 'www', '--', 'true'],
    unlock: () => ['unlock', id()],
  };
  const reads = ['status', 'logs'];
  const rollsOut = ['rollback', 'restart', 'redeploy'];
  const operates = ['cancel', 'env', 'run', 'unlock'];

  it.each<[Key, readonly string[]]>([
    ['id', [...reads, ...rollsOut, ...operates]],
    ['reader', reads],
    ['deployer', [...reads, ...rollsOut]],
    ['previewer', reads],
    ['operator', [...reads, ...rollsOut, ...operates]],
  ])('%s: by the commands of the server', async (key, allowed) => {
    const refused: string[] = [];
    for (const [name, words] of Object.entries(commands)) {
      const { output } = await project.sshWith({ key }, ...words());
      if (/the key \S+ may not/.test(output)) refused.push(name);
    }
    expect(refused).toEqual(Object.keys(commands).filter((name) => !allowed.includes(name)));
  });

  it.each<[Key, boolean, boolean, boolean]>([
    ['id', true, true, true],
    ['reader', false, false, false],
    ['deployer', true, true, true],
    ['previewer', false, false, false],
    ['operator', false, true, false],
  ])('%s: by git, a push: %s, a rollback: %s, a tag: %s', async (key, push, rollback, tag) => {
    const dryRun = (ref: string) => project.tryGit(['push', '-o', 'dry-run', project.url, `HEAD:${ref}`], { key });
    for (const [ref, may] of [
      ['refs/heads/main', push],
      ['refs/rollback/1', rollback],
      [`refs/tags/by-${key}`, tag],
    ] as const) {
      const { output } = await dryRun(ref);
      expect([ref, !output.includes('may not')]).toEqual([
        ref,
        may || (key === 'previewer' && ref.startsWith('refs/tags')),
      ]);
    }
    expect((await project.tryGit(['ls-remote', project.url], { key })).code).toBe(0);
  });

  it('a refused push names the key, the branch, what the key may do, and who may', async () => {
    const refused = await project.tryGit(['push', project.url, 'HEAD:main'], { key: 'previewer' });
    expect(refused.code).toBe(1);
    expect(refused.output).toContain(`error: the key previewer@test may not deploy branch main of ${id()}`);
    expect(refused.output).toContain('hint: it may deploy preview/*, operate preview/*');
    expect(refused.output).toContain('hint: those who may: id@test, deployer@test; ');
    const reader = await project.tryGit(['push', project.url, 'HEAD:main'], { key: 'reader' });
    expect(reader.output).toContain(`fatal: remote error: the key reader@test may not push to ${id()}`);
  });

  it('a refusal is an Event, a line of the log, and in deploys --refused', async () => {
    await project.tryGit(['push', project.url, 'HEAD:main'], { key: 'reader' });
    const message = `the key reader@test may not push to ${id()}`;
    await eventually(async () => (await eventsOf('AccessDenied')).some((event) => event.message.startsWith(message)));
    const listed = await project.sshWith({ key: 'reader' }, 'deploys', '--refused', '--json', id());
    expect(JSON.parse(listed.stdout)[0]).toMatchObject({
      by: { name: 'reader@test', address: '127.0.0.1' },
      verb: 'send',
      reason: 'AccessDenied',
      message,
    });
    const log = gitkube.log.join('\n');
    expect(log).toMatch(/"audit":"refused".*"verb":"send".*"by":"reader@test".*"from":"127\.0\.0\.1"/);
    expect(log).toMatch(/"audit":"allowed".*"verb":"inspect".*"by":"reader@test".*"from":"127\.0\.0\.1"/);
  });

  it('is shown by whoami and keys', async () => {
    const { stdout } = await project.sshWith({ key: 'previewer' }, 'whoami');
    expect(stdout).toContain('deploy preview/*, operate preview/*');
    const { stdout: all } = await project.ssh('keys', id());
    expect(all).toMatch(/operator@test +read, operate/);
  });

  it('an entry that names no key stops deploys, and nobody gets more rights by it', async () => {
    await allow({ keys: ['deploier@test'], may: ['read'] });
    const refused = await project.tryGit(['push', project.url, 'HEAD:main'], { key: 'deployer' });
    expect(refused.output).toContain('the key deployer@test may not push to');
    await eventually(async () => {
      const remote = await project.remote<{ status: { conditions: { type: string; message: string }[] } }>();
      const stalled = remote.status.conditions.find(({ type }) => type === 'Stalled');
      return stalled?.message.includes('spec.access[0].keys names deploier@test');
    });
  });
});

describe('the options of a line', () => {
  async function useLine(line: string): Promise<void> {
    await project.applyRemote({ authorizedKeys: [await project.publicKey(), line], deployments });
  }

  it('an expired key is refused, with the time', async () => {
    await useLine(`expiry-time="20200131" ${await project.publicKey('reader')}`);
    const refused = await project.tryGit(['ls-remote', project.url], { key: 'reader' });
    expect(refused.output).toContain('the key reader@test of ');
    expect(refused.output).toContain('expired at 2020-01-31T00:00:00Z');
    await useLine(`expiry-time="29990131" ${await project.publicKey('reader')}`);
    expect((await project.tryGit(['ls-remote', project.url], { key: 'reader' })).code).toBe(0);
  });

  it('a key from another address is refused, with the address', async () => {
    await useLine(`from="10.0.0.0/8" ${await project.publicKey('reader')}`);
    const refused = await project.tryGit(['push', project.url, 'HEAD:main'], { key: 'reader' });
    expect(refused.output).toContain('does not accept the key reader@test from 127.0.0.1');
    expect(await eventually(async () => (await eventsOf('AddressDenied'))[0]?.message)).toContain('(from 127.0.0.1)');
    await useLine(`from="127.0.0.0/8" ${await project.publicKey('reader')}`);
    expect((await project.tryGit(['ls-remote', project.url], { key: 'reader' })).code).toBe(0);
  });

  it('an option without effect is named by the status, and the key works', async () => {
    await useLine(`no-pty,environment="A=b" ${await project.publicKey('reader')}`);
    expect((await project.tryGit(['ls-remote', project.url], { key: 'reader' })).code).toBe(0);
    await eventually(async () => {
      const remote = await project.remote<{ status: { conditions: { type: string; message: string }[] } }>();
      return remote.status.conditions.some(({ message }) => message.includes('1 option without effect: environment'));
    });
  });
});

describe.each(['ed25519', 'ecdsa'] as const)('an %s key on a security token', (kind) => {
  it('logs in with a touch, without one where its line says so, and with its PIN where that is asked for', async () => {
    const token = new TokenKeyPair(kind);
    await using agent = await TokenAgent.start(token);
    await writeFile(`${project.keyFile('token')}.pub`, `${token.line} token\n`);
    const list = (flags: number) => {
      agent.flags = flags;
      return project.sshWith(
        { key: 'token.pub' },
        '-o',
        `IdentityAgent=${agent.socket}`,
        'keys',
        `${project.namespace}/app`,
      );
    };
    const use = async (options: string) => {
      const lines = [await project.publicKey(), `${options}${token.line} token@test`];
      await project.applyRemote({ authorizedKeys: lines, deployments });
    };
    await use('');
    expect(await list(1)).toMatchObject({ code: 0, output: expect.stringContaining('token@test (yours)') });
    expect((await list(0)).output).toContain('only with a touch of its security token');
    await use('no-touch-required ');
    expect(await list(0)).toMatchObject({ code: 0 });
    await use('verify-required ');
    expect((await list(1)).output).toContain('only with the PIN of its security token');
    expect(await list(5)).toMatchObject({ code: 0 });
  });
});
