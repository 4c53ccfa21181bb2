import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Account } from '../support/account.ts';
import { cli, program } from '../support/cli.ts';
import { type Finished, must, run } from '../support/command.ts';
import { mustKubectl, TestNamespace } from '../support/kubectl.ts';
import { rig } from '../support/rig.ts';
import { typed } from '../support/typed.ts';

let namespace: TestNamespace;
let folder: string;

beforeAll(async () => {
  namespace = await TestNamespace.create('mistakes');
  folder = await mkdtemp(join(tmpdir(), 'gitkube-mistakes-'));
  const remote = { apiVersion: 'gitkube.sh/v1alpha1', kind: 'Remote', metadata: { name: 'app' }, spec: {} };
  await mustKubectl(['-n', namespace.name, 'apply', '-f', '-'], remote);
});

afterAll(async () => {
  await namespace[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** What it says to the end; one that crashes shows where. */
async function says(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  return unlessCrashed(await cli(args, { env }));
}

/** The same in this process, of what ends before it connects to anything. */
async function saysHere(args: readonly string[]): Promise<string> {
  return unlessCrashed(await typed(args));
}

function unlessCrashed({ code, output }: Finished): string {
  expect(output).not.toMatch(/^ +at |fault of gitkube/m);
  return `${code}: ${output}`;
}

describe('a kubeconfig', () => {
  it('that is not there, is a folder, or holds none is named', async () => {
    expect(await says(['--kubeconfig=/nowhere', 'remote', 'list'])).toMatch(
      /^1: error: the kubeconfig \/nowhere does not exist\nhint: name another one with --kubeconfig/,
    );
    expect(await says(['remote', 'list'], { KUBECONFIG: '/nowhere' })).toContain('the kubeconfig /nowhere does not');
    expect(await says([`--kubeconfig=${folder}`, 'remote', 'list'])).toContain('is a folder\nhint: ');
    const file = join(folder, 'kubeconfig');
    await writeFile(file, 'clusters: [');
    expect(await says(['--kubeconfig', file, 'remote', 'list'])).toContain(
      `type: kubectl config view --kubeconfig=${file}`,
    );
  });

  it.each(['--context=nope', '--kube-context=nope'])(
    'without the context of %s is refused with the names of those that it has',
    async (flag) => {
      expect(await says([flag, 'remote', 'list'])).toBe(
        '1: error: the kubeconfig has no context nope\nhint: it has: gitkube-test\n',
      );
    },
  );

  it('of a cluster that is gone names its address', async () => {
    const file = join(folder, 'gone');
    const config = (await readFile(rig().kubeconfig, 'utf8')).replace(/https:\/\/[^"\s]*/, 'https://127.0.0.1:9');
    await writeFile(file, config);
    expect(await says(['--kubeconfig', file, 'remote', 'list'])).toBe(
      [
        '1: error: the Kubernetes API does not answer: ECONNREFUSED (https://127.0.0.1:9)',
        'hint: to see whether it answers, type: kubectl cluster-info',
        'hint: or choose another cluster with --context or --kubeconfig',
        '',
      ].join('\n'),
    );
    for (const command of [['install', '--dry-run'], ['uninstall']]) {
      expect(await says(['--kubeconfig', file, ...command])).toMatch(
        /^1: error: the Kubernetes API does not answer: ECONNREFUSED \(https:\/\/127\.0\.0\.1:9\)\nhint: to see whether it answers, type: kubectl/,
      );
    }
  });

  it('of a user without rights is refused with the missing right and its namespace', async () => {
    await using account = await Account.create(namespace.name);
    const as = ['--kubeconfig', account.kubeconfig, '-n', namespace.name];
    expect(await says([...as, 'remote', 'list'])).toContain(
      `1: error: you may not list remotes.gitkube.sh in namespace`,
    );
    expect(await says([...as, 'doctor'])).toMatch(/FAIL +server +you may not list deployments in namespace/);
    expect(await says([...as, 'uninstall'])).toContain(
      `hint: kubectl auth can-i list deployments -n ${namespace.name}`,
    );
  });
});

describe('a setting of install', () => {
  it('that the server would refuse is a usage error', async () => {
    expect(await says(['install', '--registry=https://docker.io/me', '-o', 'yaml'])).toMatch(
      /^2: error: invalid settings: GITKUBE_REGISTRY=https:\/\/docker\.io\/me: is not host\[:port\]\[\/path\]\nhint: /,
    );
  });
});

describe('a name', () => {
  it('of a namespace with capital letters is refused at once', async () => {
    const refusal = /^2: error: .*'Default' is invalid\. a namespace has/;
    expect(await says(['-n', 'Default', 'remote', 'list'])).toMatch(refusal);
    for (const command of [['install', '--dry-run'], ['uninstall']]) {
      expect(await saysHere(['-n', 'Default', ...command])).toMatch(refusal);
    }
  });

  it('of a remote may have its namespace before it, as it is printed everywhere', async () => {
    const id = `${namespace.name}/app`;
    expect(await says(['remote', 'get', id, '-o', 'name'])).toBe('0: remote.gitkube.sh/app\n');
    expect(await says(['remote', 'keys', 'list', id])).toBe(`0: ${id} has no keys, so nobody may push\n`);
    expect(await says(['remote', 'releases', id])).toBe(`0: nothing was released to ${id} yet\n`);
    expect(await says(['-n', 'default', 'remote', 'delete', id, '--yes'])).toBe(
      `2: error: ${id} is in namespace ${namespace.name}, but -n says default\n`,
    );
    expect(await says(['remote', 'get', 'a/b/c'])).toBe(
      '2: error: a/b/c is an environment, and the command is about a whole Remote\nhint: leave out the environment: a/b\n',
    );
    for (const wrong of ['/app', 'app/']) {
      const refused = await saysHere(['--kubeconfig', rig().kubeconfig, 'remote', 'get', wrong]);
      expect(refused).toBe(`2: error: ${wrong} is not [namespace/]name\n`);
    }
  });

  it('of a remote with capital letters is refused', async () => {
    expect(await says(['-n', namespace.name, 'remote', 'get', 'App'])).toMatch(/^1: error: there is no remote App in/);
  });
});

describe('a key', () => {
  const add = (key: string) => says(['-n', namespace.name, 'remote', 'keys', 'add', 'app', '--', key]);

  it('that is private is not sent, and not shown', async () => {
    const file = join(folder, 'id');
    await must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
    const secret = (await readFile(file, 'utf8')).split('\n')[1] ?? '';
    expect(await add(file)).toBe(
      `1: error: ${file} is a private key, which nobody else may have\nhint: it was sent nowhere; give the public one: ${file}.pub\n`,
    );
    const pasted = await readFile(file, 'utf8');
    expect(await add(pasted)).toContain('1: error: the key is a private key');
    expect(await says(['remote', 'keys', 'add', 'app', pasted])).not.toContain(secret);
  });

  it('with an option that Gitkube would not honor is refused, and the option named', async () => {
    const file = join(folder, 'options.pub');
    await must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'other')]);
    await writeFile(file, `command="date" ${await readFile(join(folder, 'other.pub'), 'utf8')}`);
    expect(await add(file)).toMatch(/^1: [\s\S]*the option command is not supported[\s\S]*nothing was changed/);
  });

  it('in a file that is not there, or that is empty, is named', async () => {
    expect(await add('/nowhere.pub')).toBe(
      '1: error: /nowhere.pub does not exist\nhint: name a file that can be read, or - for stdin\n',
    );
    expect(await add('/dev/null')).toMatch(/^1: error: \/dev\/null has no key in it\nhint: /);
  });
});

describe('the output', () => {
  const shell = (line: string) => run('bash', ['-c', line.replace('gitkube', `'${process.execPath}' '${program}'`)]);

  it('may be closed in the middle', async () => {
    const { output } = await shell('gitkube install -o yaml | head -1; echo "$' + '{PIPESTATUS[0]}"');
    expect(output).toBe('---\n0\n');
  });

  it('that cannot be written ends with an error, not a crash', async () => {
    const { code, output } = await shell('gitkube version >/dev/full');
    expect(output).toBe('error: the result cannot be written to stdout (ENOSPC)\n');
    expect(code).toBe(1);
  });

  it('has no colors, asked for or not', async () => {
    expect((await cli(['--help'], { env: { FORCE_COLOR: '1' } })).output).not.toContain('\u001b');
    expect((await cli(['--help'], { env: { NO_COLOR: '1' } })).output).not.toContain('\u001b');
  });

  it('in an unknown format is refused with the known ones', async () => {
    expect(await says(['remote', 'list', '-o', 'wrong'])).toMatch(
      /^2: error: .*'wrong' is invalid\. Allowed choices are json, yaml, name, wide/,
    );
  });

  it.each(['remote get app', 'version', 'doctor', 'install'])(
    'of %s in an unknown format is refused as well',
    async (words) => {
      expect(await saysHere([...words.split(' '), '-o', 'wrong'])).toMatch(
        /^2: error: .*'wrong' is invalid\. Allowed choices/,
      );
    },
  );
});
