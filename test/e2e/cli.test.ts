import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli } from '../support/cli.ts';
import { alice, bob, CliLab, remote } from '../support/cli-lab.ts';
import { must } from '../support/command.ts';
import { mustKubectl } from '../support/kubectl.ts';
import { refusedKeys, sshKeys } from '../support/ssh-keys.ts';

let lab: CliLab;

beforeAll(async () => {
  lab = await CliLab.start();
});

afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

describe('gitkube remote keys', () => {
  it('adds from a file, stdin or the command line, once each', async () => {
    await lab.create([remote('team')]);
    const file = join(lab.folder, 'bob.pub');
    await writeFile(file, `${bob}\n`);
    expect((await lab.inNamespace('remote', 'keys', 'add', 'team', file)).stdout).toContain('/team: bob (SHA256:');
    expect((await lab.inNamespace('remote', 'keys', 'add', 'team', bob)).stdout).toContain(
      'has the key already: bob (',
    );
    const stdin = await cli(['-n', lab.namespace, 'remote', 'keys', 'add', 'team', '-'], {
      input: `ssh-rsa ${sshKeys.rsa.base64} carol\n`,
    });
    expect(stdin.code).toBe(0);
    const { stdout } = await lab.inNamespace('remote', 'keys', 'list', 'team');
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
    const { code, output } = await lab.inNamespace('remote', 'keys', 'add', 'team', key);
    expect(output).toContain(message);
    expect(code).toBe(1);
  });

  it('refuses a private key without showing it', async () => {
    const file = join(lab.folder, 'private');
    await must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
    const { output } = await lab.inNamespace('remote', 'keys', 'add', 'team', file);
    expect(output).toMatch(/is a private key/);
    expect(output).not.toContain((await readFile(file, 'utf8')).split('\n')[1]);
  });

  it('removes one key of an entry with several lines', async () => {
    await lab.create([remote('lines', { authorizedKeys: [`# the team\n${alice}\n${bob}\n`] })]);
    expect((await lab.inNamespace('remote', 'keys', 'remove', 'lines', 'alice@laptop')).code).toBe(0);
    expect(await keysOf('lines')).toEqual([`# the team\n${bob}\n`]);
    const unknown = await lab.inNamespace('remote', 'keys', 'remove', 'lines', 'alice@laptop');
    expect(unknown.output).toMatch(/no key has the fingerprint or comment alice@laptop\n {2}\| bob \(SHA256/);
    expect(unknown.code).toBe(2);
    const last = await lab.inNamespace('remote', 'keys', 'remove', 'lines', sshKeys.ecdsa256.fingerprint);
    expect(last.stdout).toContain('nobody may push to it any more');
    expect(await keysOf('lines')).toEqual([]);
  });

  it('loses no key when operators change keys at the same moment', async () => {
    await lab.create([remote('busy', { authorizedKeys: null })]);
    const keys = [
      alice,
      bob,
      `ssh-rsa ${sshKeys.rsa.base64} carol`,
      `ecdsa-sha2-nistp384 ${sshKeys.ecdsa384.base64} dave`,
    ];
    const added = await Promise.all(keys.map((key) => lab.inNamespace('remote', 'keys', 'add', 'busy', key)));
    expect(added.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect((await keysOf('busy')).toSorted()).toEqual(keys.toSorted());
  });
});

describe('the gitkube program', () => {
  it('names the cluster that does not answer', async () => {
    const kubeconfig = join(lab.folder, 'nobody.json');
    await writeFile(kubeconfig, JSON.stringify(kubeconfigFor('https://127.0.0.1:9')));
    const { code, output } = await cli(['--kubeconfig', kubeconfig, 'remote', 'list']);
    expect(output).toBe(
      [
        'error: the Kubernetes API does not answer: ECONNREFUSED (https://127.0.0.1:9)',
        'hint: to see whether it answers, type: kubectl cluster-info',
        'hint: or choose another cluster with --context or --kubeconfig',
        '',
      ].join('\n'),
    );
    expect(code).toBe(1);
  });

  it.each([
    ['--context', 'elsewhere'],
    ['--kube-context', 'elsewhere'],
  ])('lists the contexts when %s names none of them', async (flag, value) => {
    const { code, output } = await cli([flag, value, 'remote', 'list']);
    expect(output).toMatch(/error: the kubeconfig has no context elsewhere\nhint: it has: /);
    expect(code).toBe(1);
  });

  it.each([
    [['remot'], /unknown command 'remot'\nhint: did you mean remote\?/],
    [['remote', 'create'], /required option '-f, --file <file>'/],
    [['remote', 'list', '--colors'], /unknown option '--colors'/],
    [['remote', 'list', '-o', 'xml'], /Allowed choices are json, yaml, name, wide/],
    [['remote', 'create', '-f', '-', '--timeout', 'soon'], /write it as 90s, 5m or 1h/],
    [['remote', 'get'], /missing required argument 'name'/],
    [['remote', 'get', 'a', 'b'], /too many arguments/],
    [[], /Usage: gitkube/],
  ])('exits with 2 for wrong usage: %j', async (args, message) => {
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

async function keysOf(name: string): Promise<string[]> {
  const args = ['-n', lab.namespace, 'get', 'remote', name, '-o', 'json'];
  const { spec } = JSON.parse(await mustKubectl(args)) as { spec: { authorizedKeys?: string[] } };
  return spec.authorizedKeys ?? [];
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
