import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { Gitkube } from '../support/gitkube.ts';
import { Project } from '../support/project.ts';

let gitkube: Gitkube;
let project: Project;

beforeAll(async () => {
  gitkube = await Gitkube.start();
  project = await Project.create(gitkube, { replicas: 0 });
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await gitkube[Symbol.asyncDispose]();
});

const deployments = [{ name: 'www', containers: [{ name: 'www', path: 'www' }] }];

describe('who may push', () => {
  it('a key that no Remote lists is refused', async () => {
    await project.makeKey('stranger');
    const refused = await project.tryGit(['push', project.url, 'HEAD:main'], { key: 'stranger' });
    expect(refused.code).toBe(128);
    expect(refused.output).toContain('Permission denied (publickey)');
  });

  it('an unknown Remote and the Remote of somebody else are refused alike', async () => {
    await using theirs = await Project.create(gitkube, { replicas: 0 });
    const unknown = await project.tryGit(['ls-remote', theirs.url.replace('/app', '/none')]);
    const foreign = await project.tryGit(['ls-remote', theirs.url]);
    expect(unknown.output).toMatch(/fatal: remote error: no Remote .*\/none accepts the key SHA256:/);
    expect(foreign.output.replaceAll('/app', '/none')).toBe(unknown.output);
    expect([unknown.code, foreign.code]).toEqual([128, 128]);
  });

  it('a key added by kubectl apply works soon, and one that is removed no longer does', async () => {
    await project.makeKey('second');
    const asSecond = () => project.tryGit(['ls-remote', project.url], { key: 'second' });
    expect((await asSecond()).code).toBe(128);
    const both = [await project.publicKey(), await project.publicKey('second')];
    await project.applyRemote({ authorizedKeys: both, deployments });
    await eventually(async () => (await asSecond()).code === 0);
    await project.applyRemote({ authorizedKeys: [await project.publicKey()], deployments });
    await eventually(async () => (await asSecond()).code !== 0);
  });

  it('is in the status: fingerprint and comment of each key, and what is wrong with an entry', async () => {
    const dss = 'ssh-dss AAAAB3NzaC1kc3MAAACBA old@test';
    await project.applyRemote({ authorizedKeys: [await project.publicKey(), dss], deployments });
    const keys = await eventually(async () => {
      const found = JSON.parse(await project.kubectl('get', 'remote', 'app', '-o', 'jsonpath={.status.keys}'));
      return found.length === 2 && found;
    });
    expect(keys[0]).toMatchObject({ fingerprint: expect.stringMatching(/^SHA256:/), comment: 'id@test' });
    expect(keys[1]).toMatchObject({ problem: expect.any(String) });
  });
});

describe('ssh without a command', () => {
  it('prints who you are and your Remotes with state and URL', async () => {
    const greeting = await project.ssh();
    expect(greeting.code).toBe(0);
    expect(greeting.output).toMatch(/You are id@test \(SHA256:[\w+/]+\)/);
    expect(greeting.output).toContain(`${project.namespace}/app`);
    expect(greeting.output).toContain(project.url);
  });

  it('lists the Remotes by name, in any order of creation', async () => {
    const remote = {
      apiVersion: 'gitkube.sh/v1alpha1',
      kind: 'Remote',
      spec: { authorizedKeys: [await project.publicKey()] },
    };
    const ids = ['zoo', 'bar', 'foo'].map((name) => `${project.namespace}/${name}`);
    for (const name of ['zoo', 'bar', 'foo']) {
      await project.apply({ ...remote, metadata: { name, namespace: project.namespace } });
      await eventually(async () => (await project.ssh()).output.includes(`${project.namespace}/${name}`));
    }
    const listed = (await project.ssh()).output.match(/^ {2}\S+/gm)?.map((id) => id.trim());
    expect(listed).toEqual([`${project.namespace}/app`, ...ids].sort());
  });

  it('is the only one beside those of git: every other command is refused', async () => {
    const others = [
      'ls',
      'git-shell',
      "git-receive-pack '../../etc'",
      'git-receive-pack $(id)',
      'scp -t /',
      'printenv',
    ];
    for (const command of others) {
      const refused = await project.ssh(command);
      expect(refused.code, command).not.toBe(0);
      expect(refused.output, command).toMatch(/unknown command|not the path of a Remote/);
    }
  });

  it('and with a command or a name of any length is answered', async () => {
    const words = 'a'.repeat(100_000);
    const tooLarge = 'gitkube: a packet is damaged or over 35,000 bytes: a command, a name or a variable is too long';
    expect(await project.ssh(words, words)).toMatchObject({ code: 255, output: expect.stringContaining(tooLarge) });
    const user = await project.tryGit(['ls-remote', project.url.replace('git@', `${words}@`)]);
    expect(user).toMatchObject({ code: 128, output: expect.stringContaining(tooLarge) });
    const variable = await project.ssh('-o', `SetEnv=GIT_PROTOCOL=${words}`);
    expect(variable).toMatchObject({ code: 255, output: expect.stringContaining(tooLarge) });
    expect((await project.ssh('-o', 'SetEnv=GIT_PROTOCOL=version=99')).output).toContain('You are');
    const long = await project.ssh(words.slice(0, 30_000));
    expect(long).toMatchObject({ code: 127, output: expect.stringContaining('a command of 30000 characters') });
  });

  it('forwards no port', async () => {
    const refused = await project.ssh('-W', '127.0.0.1:22');
    expect(refused.code).not.toBe(0);
    expect(refused.output).toMatch(/forwarding failed|administratively prohibited/);
  });
});

describe('the URLs', () => {
  it('work with and without .git, in the scp form and in the form of the original', async () => {
    const { port } = gitkube;
    const { namespace } = project;
    const urls = [
      `ssh://git@127.0.0.1:${port}/${namespace}/app.git`,
      `ssh://git@127.0.0.1:${port}/${namespace}/app/`,
      `ssh://${namespace}-app@127.0.0.1:${port}/~/git/${namespace}-app`,
    ];
    for (const url of urls) expect(await project.tryGit(['ls-remote', url])).toMatchObject({ code: 0 });
  });
});

describe('the SSH server', () => {
  it('has no failure in ssh-audit', async () => {
    const audit = await run('ssh-audit', ['-t', '60', '-p', String(gitkube.port), '127.0.0.1']);
    expect(audit.output).toContain('curve25519-sha256');
    expect(audit.output).not.toContain('[fail]');
    // 0: good, 2: warnings, 3: failures.
    expect([0, 2]).toContain(audit.code);
  });
});
