import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli } from '../support/cli.ts';
import { alice, bob, CliLab, remote } from '../support/cli-lab.ts';
import { mustKubectl } from '../support/kubectl.ts';
import { refusedKeys, sshKeys } from '../support/ssh-keys.ts';
import { typed } from '../support/typed.ts';

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

  it('refuses a key that is too weak', async () => {
    const { code, output } = await lab.inNamespace('remote', 'keys', 'add', 'team', refusedKeys.rsa1024);
    expect(output).toContain('an RSA key needs 2048 bits');
    expect(code).toBe(1);
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
  it.each([
    [['remot'], /unknown command 'remot'\nhint: did you mean remote\?/],
    [['remote', 'create'], /required option '-f, --file <file>'/],
    [['remote', 'list', '--colors'], /unknown option '--colors'/],
    [['remote', 'create', '-f', '-', '--timeout', 'soon'], /write it as 90s, 5m or 1h/],
    [['remote', 'get'], /missing required argument 'name'/],
    [['remote', 'get', 'a', 'b'], /too many arguments/],
    [[], /Usage: gitkube/],
  ])('exits with 2 for wrong usage: %j', async (args, message) => {
    const { code, output, stdout } = await typed(args);
    expect(output).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('exits with 2 for wrong usage as a process, too, and prints nothing to stdout', async () => {
    const { code, output, stdout } = await cli(['remot']);
    expect(output).toMatch(/unknown command 'remot'\nhint: did you mean remote\?/);
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
