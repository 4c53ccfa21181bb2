import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli, cliOnTerminal } from '../support/cli.ts';
import { must } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { Gitkube } from '../support/gitkube.ts';
import { kubectl, mustKubectl, TestNamespace } from '../support/kubectl.ts';
import { outputWith } from '../support/output-with.ts';
import { rig } from '../support/rig.ts';
import { refusedKeys, sshKeys } from '../support/ssh-keys.ts';

let gitkube: Gitkube;
let namespace: TestNamespace;
let folder: string;

beforeAll(async () => {
  gitkube = await Gitkube.start({ GITKUBE_PUBLIC_ADDRESS: 'dev.example.com:2222' });
  namespace = await TestNamespace.create('cli');
  folder = await mkdtemp(join(tmpdir(), 'gitkube-cli-'));
});

afterAll(async () => {
  await gitkube[Symbol.asyncDispose]();
  await namespace[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const alice = `ssh-ed25519 ${sshKeys.ed25519.base64} alice@laptop`;
const bob = `ecdsa-sha2-nistp256 ${sshKeys.ecdsa256.base64} bob`;

function remote(name: string, spec: Record<string, unknown> = {}, metadata: Record<string, unknown> = {}) {
  return {
    apiVersion: 'gitkube.sh/v1alpha1',
    kind: 'Remote',
    metadata: { name, ...metadata },
    spec: { authorizedKeys: [alice], deployments: [{ name: 'www', containers: [{ name: 'www' }] }], ...spec },
  };
}

/** The command in the namespace of this test. */
function inNamespace(...args: string[]) {
  return cli(['-n', namespace.name, ...args]);
}

function create(documents: readonly object[], ...args: string[]) {
  const input = documents.map((document) => JSON.stringify(document)).join('\n---\n');
  return cli(['-n', namespace.name, 'remote', 'create', '-f', '-', ...args], { input });
}

describe('gitkube remote create', () => {
  it('applies every document of a file and tells how to push', async () => {
    const { code, stdout } = await create([remote('one'), remote('two', { branch: 'live' })]);
    expect(stdout.split('\n')).toEqual([
      `remote ${namespace.name}/one created`,
      `remote ${namespace.name}/two created`,
      '',
      `git remote add one ssh://git@dev.example.com:2222/${namespace.name}/one`,
      'git push one main',
      '',
      `git remote add two ssh://git@dev.example.com:2222/${namespace.name}/two`,
      'git push two live',
      '',
    ]);
    expect(code).toBe(0);
    expect((await create([remote('one')])).stdout).toMatch(/one unchanged\n/);
    expect((await create([remote('one', { branch: 'b' })])).stdout).toMatch(/one changed\n/);
  });

  it('names file, document, path and value of what does not fit, and stores none of the documents', async () => {
    const file = join(folder, 'bad.yaml');
    await writeFile(
      file,
      `${JSON.stringify(remote('fine'))}\n---\n${JSON.stringify(remote('bad', { branch: 'a b' }))}`,
    );
    const { code, output } = await inNamespace('remote', 'create', '-f', file);
    expect(output).toMatch(`error: ${file}, document 2: spec.branch is "a b": must be the name of a branch`);
    expect(code).toBe(1);
    expect((await inNamespace('remote', 'get', 'fine')).code).toBe(1);
  });

  it('leaves what only the API server knows to it, before anything is stored', async () => {
    const { code, output } = await create([remote('fine'), remote('typo', { registy: { url: 'a.example.com' } })]);
    expect(output).toMatch(/error: stdin, document 2: the API server refuses .*: \.spec\.registy: field not declared/);
    expect(code).toBe(1);
    expect((await inNamespace('remote', 'get', 'fine')).code).toBe(1);
  });

  it.each([
    [
      'a file that is not there',
      ['remote', 'create', '-f', '/nowhere.yaml'],
      '',
      'error: /nowhere.yaml does not exist',
    ],
    ['no YAML', ['remote', 'create', '-f', '-'], 'a: [b', 'error: stdin is no YAML: '],
    ['an empty file', ['remote', 'create', '-f', '-'], '---\n', 'error: stdin has no Remote in it'],
    ['another kind', ['remote', 'create', '-f', '-'], '{kind: Secret, apiVersion: v1}', 'it holds Secret of v1, not'],
  ])('refuses %s', async (_, args, input, message) => {
    const { code, output } = await cli(args, { input });
    expect(output).toContain(message);
    expect(output).not.toMatch(/^ +at /m);
    expect(code).toBe(1);
  });

  it('refuses a namespace that -n contradicts', async () => {
    const { code, output } = await create([remote('one', {}, { namespace: 'other' })]);
    expect(output).toContain(`stdin: metadata.namespace is other, but -n says ${namespace.name}`);
    expect(code).toBe(2);
  });

  it('does not undo what somebody else changed, unless told to', async () => {
    await create([remote('shared')]);
    await inNamespace('remote', 'keys', 'add', 'shared', bob);
    const refused = await create([remote('shared')]);
    expect(refused.output).toMatch(
      /shared has changes of somebody else[\s\S]*\.spec\.authorizedKeys[\s\S]*--force-conflicts/,
    );
    expect(refused.code).toBe(1);
    expect((await create([remote('shared')], '--force-conflicts')).code).toBe(0);
  });

  it('warns about what is stored and cannot deploy', async () => {
    const { code, output } = await create([remote('doubtful', { authorizedKeys: [refusedKeys.dsa], deployments: [] })]);
    expect(output).toMatch(/warning: no push can deploy: spec\.deployments names no container/);
    expect(output).toMatch(/warning: the key "ssh-dss .*": DSA keys are too weak/);
    expect(code).toBe(0);
  });

  it('waits over a reason why there is no URL yet (hasura/gitkube#112)', async () => {
    const name = `pending-${randomBytes(3).toString('hex')}`;
    await mustKubectl(['create', 'namespace', name]);
    await gitkube.stop();
    try {
      const pending = outputWith('waiting for the URL of .*: the load balancer has no address yet');
      const creating = cli(['-n', name, 'remote', 'create', '-f', '-'], {
        input: JSON.stringify(remote('app')),
        onOutput: pending.onOutput,
      });
      await eventually(
        async () =>
          (await setStatus(name, { remoteUrl: '', remoteUrlDesc: 'the load balancer has no address yet' })) === 0,
      );
      await pending.seen;
      await setStatus(name, { remoteUrl: `ssh://git@192.0.2.1/${name}/app`, remoteUrlDesc: '' });
      const { code, stdout } = await creating;
      expect(stdout).toContain(`git remote add app ssh://git@192.0.2.1/${name}/app\ngit push app main\n`);
      expect(code).toBe(0);
    } finally {
      await gitkube.start();
      await mustKubectl(['delete', 'namespace', name, '--wait=false']);
    }
  });

  it('says after its time that no server has looked at it', async () => {
    await gitkube.stop();
    try {
      const { code, output } = await create([remote('unseen')], '--timeout=1s');
      expect(output).toContain('unseen is stored and has no URL after 1.0 s: no server has looked at it');
      expect(code).toBe(1);
      expect((await create([remote('unseen')], '--wait=false')).code).toBe(0);
    } finally {
      await gitkube.start();
    }
  });

  it('ends without a trace on Ctrl-C', async () => {
    await gitkube.stop();
    try {
      const terminal = cliOnTerminal(['-n', namespace.name, 'remote', 'create', '-f', await fileOf(remote('cut'))]);
      await terminal.shows('cut created');
      terminal.type('\u0003');
      const { code, output } = await terminal.ended;
      expect(output.trim()).toBe(`remote ${namespace.name}/cut created\r\n^C`);
      expect(code).toBe(130);
    } finally {
      await gitkube.start();
    }
  });
});

describe('gitkube remote list, get and delete', () => {
  beforeAll(async () => {
    await create([remote('listed')]);
  });

  it('prints a table', async () => {
    const { stdout } = await inNamespace('remote', 'list');
    const [header = '', ...rows] = stdout.split('\n');
    expect(header.split(/\s+/)).toEqual(['NAME', 'READY', 'BRANCH', 'RELEASE', 'URL', 'AGE']);
    const row = rows.find((line) => line.startsWith('listed '))?.split(/\s+/) ?? [];
    expect(row.slice(0, 5)).toEqual([
      'listed',
      'True',
      '-',
      '-',
      `ssh://git@dev.example.com:2222/${namespace.name}/listed`,
    ]);
    expect(row[5]).toMatch(/^\d+s$/);
  });

  it('prints what scripts read', async () => {
    const list = JSON.parse((await inNamespace('remote', 'list', '-o', 'json')).stdout) as {
      items: { kind: string }[];
    };
    expect(list.items.every(({ kind }) => kind === 'Remote')).toBe(true);
    expect((await inNamespace('remote', 'get', 'listed', '-o', 'name')).stdout).toBe('remote.gitkube.sh/listed\n');
    const yaml = (await inNamespace('remote', 'get', 'listed', '-o', 'yaml')).stdout;
    expect(yaml).not.toContain('managedFields');
    expect((await kubectl(['apply', '--dry-run=server', '-f', '-'], yaml)).code).toBe(0);
    expect((await cli(['remote', 'list', '-A'])).stdout).toMatch(new RegExp(`^${namespace.name} +listed `, 'm'));
    expect((await inNamespace('remote', 'get', 'listed', '-o', 'wide')).stdout).toContain('AwaitingFirstPush');
  });

  it('keeps stdout empty when there is nothing', async () => {
    const { code, stdout, output } = await cli(['-n', 'kube-public', 'remote', 'list']);
    expect({ code, stdout, output }).toEqual({
      code: 0,
      stdout: '',
      output: 'no remotes in namespace kube-public; -A looks into all of them\n',
    });
  });

  it('ends quietly when its reader leaves', async () => {
    const { code } = await new Promise<{ code: number }>((resolve) => {
      const command = `'${process.execPath}' dist/cli/gitkube.js remote list -A -o yaml | head -1; exit \${PIPESTATUS[0]}`;
      const child = spawn('bash', ['-c', command], { env: { ...process.env, KUBECONFIG: rig().kubeconfig } });
      child.on('close', (code) => resolve({ code: code ?? 128 }));
    });
    expect(code).toBe(0);
  });

  it('deletes after asking, and not without an answer', async () => {
    await create([remote('doomed')]);
    const scripted = await inNamespace('remote', 'delete', 'doomed');
    expect(scripted.output).toMatch(/no terminal to ask on\nhint: add --yes/);
    expect(scripted.code).toBe(2);

    const no = cliOnTerminal(['-n', namespace.name, 'remote', 'delete', 'doomed']);
    await no.shows('(y/N)');
    no.type('n\r');
    expect((await no.ended).output).toContain('nothing was deleted');

    const interrupted = cliOnTerminal(['-n', namespace.name, 'remote', 'delete', 'doomed']);
    await interrupted.shows('(y/N)');
    interrupted.type('\u0003');
    const ended = await interrupted.ended;
    expect(ended.code).toBe(130);
    expect(ended.output).not.toMatch(/ExitPromptError| at /);

    const yes = cliOnTerminal(['-n', namespace.name, 'remote', 'delete', 'doomed']);
    await yes.shows('(y/N)');
    yes.type('y\r');
    expect((await yes.ended).output).toContain(`remote ${namespace.name}/doomed deleted`);
    const again = await inNamespace('remote', 'delete', 'doomed', '--yes');
    expect(again.output).toContain(`error: there is no remote doomed in namespace ${namespace.name}`);
    expect(again.code).toBe(1);
  });
});

describe('gitkube remote keys', () => {
  it('adds from a file, stdin or the command line, once each', async () => {
    await create([remote('team')]);
    const file = join(folder, 'bob.pub');
    await writeFile(file, `${bob}\n`);
    expect((await inNamespace('remote', 'keys', 'add', 'team', file)).stdout).toContain('/team: bob (SHA256:');
    expect((await inNamespace('remote', 'keys', 'add', 'team', bob)).stdout).toContain('has the key already: bob (');
    const stdin = await cli(['-n', namespace.name, 'remote', 'keys', 'add', 'team', '-'], {
      input: `ssh-rsa ${sshKeys.rsa.base64} carol\n`,
    });
    expect(stdin.code).toBe(0);
    const { stdout } = await inNamespace('remote', 'keys', 'list', 'team');
    expect(stdout.split('\n').map((line) => line.split(/\s+/)[2])).toEqual([
      'COMMENT',
      'alice@laptop',
      'bob',
      'carol',
      undefined,
    ]);
  });

  it.each([
    ['a key that is too weak', refusedKeys.rsa1024, 'an RSA key needs 2048 bits'],
    ['a file that is not there', '/nowhere.pub', '/nowhere.pub does not exist'],
  ])('refuses %s', async (_, key, message) => {
    const { code, output } = await inNamespace('remote', 'keys', 'add', 'team', key);
    expect(output).toContain(message);
    expect(code).toBe(1);
  });

  it('refuses a private key without showing it', async () => {
    const file = join(folder, 'private');
    await must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
    const { output } = await inNamespace('remote', 'keys', 'add', 'team', file);
    expect(output).toMatch(/is a private key/);
    expect(output).not.toContain((await readFile(file, 'utf8')).split('\n')[1]);
  });

  it('removes one key of an entry with several lines', async () => {
    await create([remote('lines', { authorizedKeys: [`# the team\n${alice}\n${bob}\n`] })]);
    expect((await inNamespace('remote', 'keys', 'remove', 'lines', 'alice@laptop')).code).toBe(0);
    expect(await keysOf('lines')).toEqual([`# the team\n${bob}\n`]);
    const unknown = await inNamespace('remote', 'keys', 'remove', 'lines', 'alice@laptop');
    expect(unknown.output).toMatch(/no key has the fingerprint or comment alice@laptop\n {2}\| bob \(SHA256/);
    expect(unknown.code).toBe(2);
    const last = await inNamespace('remote', 'keys', 'remove', 'lines', sshKeys.ecdsa256.fingerprint);
    expect(last.stdout).toContain('nobody may push to it any more');
    expect(await keysOf('lines')).toEqual([]);
  });

  it('loses no key when operators change them at the same moment', async () => {
    await create([remote('busy', { authorizedKeys: null })]);
    const keys = [
      alice,
      bob,
      `ssh-rsa ${sshKeys.rsa.base64} carol`,
      `ecdsa-sha2-nistp384 ${sshKeys.ecdsa384.base64} dave`,
    ];
    const added = await Promise.all(keys.map((key) => inNamespace('remote', 'keys', 'add', 'busy', key)));
    expect(added.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect((await keysOf('busy')).toSorted()).toEqual(keys.toSorted());
  });
});

describe('the gitkube program', () => {
  it('says which cluster does not answer', async () => {
    const kubeconfig = join(folder, 'nobody.json');
    await writeFile(kubeconfig, JSON.stringify(kubeconfigFor('https://127.0.0.1:9')));
    const { code, output } = await cli(['--kubeconfig', kubeconfig, 'remote', 'list']);
    expect(output).toBe(
      [
        'error: the Kubernetes API does not answer: ECONNREFUSED (https://127.0.0.1:9)',
        'hint: kubectl cluster-info tells whether it is there; --context and --kubeconfig choose another cluster',
        '',
      ].join('\n'),
    );
    expect(code).toBe(1);
  });

  it.each([
    ['--context', 'elsewhere'],
    ['--kube-context', 'elsewhere'],
  ])('says which contexts there are when %s names none of them', async (flag, value) => {
    const { code, output } = await cli([flag, value, 'remote', 'list']);
    expect(output).toMatch(/error: the kubeconfig has no context elsewhere\nhint: it has: /);
    expect(code).toBe(1);
  });

  it.each([
    [['remot'], /unknown command 'remot'\n\(Did you mean remote\?\)/],
    [['remote', 'create'], /required option '-f, --file <file>'/],
    [['remote', 'list', '--colour'], /unknown option '--colour'/],
    [['remote', 'list', '-o', 'xml'], /Allowed choices are yaml, json, wide, name/],
    [['remote', 'create', '-f', '-', '--timeout', 'soon'], /write it as 90s, 5m or 1h/],
    [['remote', 'get'], /missing required argument 'name'/],
    [['remote', 'get', 'a', 'b'], /too many arguments/],
    [[], /Usage: gitkube/],
  ])('ends with 2 for wrong usage: %j', async (args, message) => {
    const { code, output, stdout } = await cli(args);
    expect(output).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('prints its version for people and for programs', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect((await cli(['version'])).stdout).toBe(`gitkube ${version}\n`);
    expect(JSON.parse((await cli(['version', '-o', 'json'])).stdout)).toMatchObject({ version });
  });
});

async function fileOf(document: object): Promise<string> {
  const file = join(folder, `${randomBytes(4).toString('hex')}.yaml`);
  await writeFile(file, JSON.stringify(document));
  return file;
}

async function keysOf(name: string): Promise<string[]> {
  const args = ['-n', namespace.name, 'get', 'remote', name, '-o', 'json'];
  const { spec } = JSON.parse(await mustKubectl(args)) as { spec: { authorizedKeys?: string[] } };
  return spec.authorizedKeys ?? [];
}

/** What a server would say about the Remote `app`. @returns the exit code of kubectl */
async function setStatus(inside: string, status: object): Promise<number> {
  const patch = JSON.stringify({ status: { observedGeneration: 1, ...status } });
  const args = ['-n', inside, 'patch', 'remote', 'app', '--subresource=status', '--type=merge', '-p', patch];
  return (await kubectl(args)).code;
}

function kubeconfigFor(server: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'it',
    contexts: [{ name: 'it', context: { cluster: 'it', user: 'it' } }],
    clusters: [{ name: 'it', cluster: { server } }],
    users: [{ name: 'it', user: {} }],
  };
}
