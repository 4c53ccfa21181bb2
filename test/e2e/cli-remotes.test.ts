import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli, cliOnTerminal } from '../support/cli.ts';
import { bob, CliLab, remote } from '../support/cli-lab.ts';
import { eventually } from '../support/eventually.ts';
import { kubectl, mustKubectl } from '../support/kubectl.ts';
import { giveTo } from '../support/lease.ts';
import { outputWith } from '../support/output-with.ts';
import { rig } from '../support/rig.ts';
import { refusedKeys } from '../support/ssh-keys.ts';

let lab: CliLab;

beforeAll(async () => {
  lab = await CliLab.start();
});

afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

describe('gitkube remote create', () => {
  it('applies every document of a file and prints how to push', async () => {
    const { code, stdout } = await lab.create([remote('one'), remote('two', { branch: 'live' })]);
    expect(stdout.split('\n')).toEqual([
      `remote ${lab.namespace}/one created`,
      `remote ${lab.namespace}/two created`,
      '',
      `git remote add one ssh://git@dev.example.com:2222/${lab.namespace}/one`,
      'git push one main',
      '',
      `git remote add two ssh://git@dev.example.com:2222/${lab.namespace}/two`,
      'git push two live',
      '',
    ]);
    expect(code).toBe(0);
    expect((await lab.create([remote('one')])).stdout).toMatch(/one unchanged\n/);
    expect((await lab.create([remote('one', { branch: 'b' })])).stdout).toMatch(/one changed\n/);
  });

  it('names file, document, path and value of a mistake, and stores none of the documents', async () => {
    const file = join(lab.folder, 'bad.yaml');
    await writeFile(
      file,
      `${JSON.stringify(remote('fine'))}\n---\n${JSON.stringify(remote('bad', { branch: 'a b' }))}`,
    );
    const { code, output } = await lab.inNamespace('remote', 'create', '-f', file);
    expect(output).toMatch(`error: ${file}, document 2: spec.branch is "a b": must be the name of a branch`);
    expect(code).toBe(1);
    expect((await lab.inNamespace('remote', 'get', 'fine')).code).toBe(1);
  });

  it('leaves the other checks to the API server, before anything is stored', async () => {
    const { code, output } = await lab.create([remote('fine'), remote('typo', { registy: { url: 'a.example.com' } })]);
    expect(output).toMatch(/error: stdin, document 2: the API server refuses .*: \.spec\.registy: field not declared/);
    expect(code).toBe(1);
    expect((await lab.inNamespace('remote', 'get', 'fine')).code).toBe(1);
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
    const { code, output } = await lab.create([remote('one', {}, { namespace: 'other' })]);
    expect(output).toContain(`stdin: metadata.namespace is other, but -n says ${lab.namespace}`);
    expect(code).toBe(2);
  });

  it('does not undo what somebody else changed without --force-conflicts', async () => {
    await lab.create([remote('shared')]);
    await lab.inNamespace('remote', 'keys', 'add', 'shared', bob);
    const refused = await lab.create([remote('shared')]);
    expect(refused.output).toMatch(
      /shared has changes of somebody else[\s\S]*\.spec\.authorizedKeys[\s\S]*--force-conflicts/,
    );
    expect(refused.code).toBe(1);
    expect((await lab.create([remote('shared')], '--force-conflicts')).code).toBe(0);
  });

  it('warns about what is stored and cannot deploy', async () => {
    const { code, output } = await lab.create([
      remote('doubtful', { authorizedKeys: [refusedKeys.dsa], deployments: [] }),
    ]);
    expect(output).toMatch(/warning: no push can deploy: spec\.deployments names no container/);
    expect(output).toMatch(
      /warning: entry \d+.* \(ssh-dss, \d+ characters\) of spec\.authorizedKeys: DSA keys are too weak/,
    );
    expect(code).toBe(0);
  });

  it('goes on waiting when the server has a reason why there is no URL yet (hasura/gitkube#112)', async () => {
    const name = `pending-${randomBytes(3).toString('hex')}`;
    await mustKubectl(['create', 'namespace', name]);
    // The test writes its status, and no server does.
    await giveTo('nobody', name);
    await lab.gitkube.stop();
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
      await lab.gitkube.start();
      await mustKubectl(['delete', 'namespace', name, '--wait=false']);
    }
  });

  it('reports after its timeout that no server has seen the Remote', async () => {
    await lab.gitkube.stop();
    try {
      const { code, output } = await lab.create([remote('unseen')], '--timeout=1s');
      expect(output).toContain('unseen is stored and has no URL after 1.0 s: no server has looked at it');
      expect(code).toBe(1);
      expect((await lab.create([remote('unseen')], '--wait=false')).code).toBe(0);
    } finally {
      await lab.gitkube.start();
    }
  });

  it('ends without a trace on Ctrl-C', async () => {
    await lab.gitkube.stop();
    try {
      const terminal = cliOnTerminal(['-n', lab.namespace, 'remote', 'create', '-f', await lab.fileOf(remote('cut'))]);
      await terminal.shows('waiting for the server');
      terminal.type('\u0003');
      const { code, output } = await terminal.ended;
      expect(output.trim().split('\r\n')).toEqual([
        `remote ${lab.namespace}/cut created`,
        `warning: there is no Deployment www in namespace ${lab.namespace}: every push is refused until it is created`,
        `waiting for the server to give ${lab.namespace}/cut a URL`,
        '^C',
      ]);
      expect(code).toBe(130);
    } finally {
      await lab.gitkube.start();
    }
  });
});

describe('gitkube remote list, get and delete', () => {
  beforeAll(async () => {
    await lab.create([remote('listed')]);
  });

  it('print a table', async () => {
    const { stdout } = await lab.inNamespace('remote', 'list');
    const [header = '', ...rows] = stdout.split('\n');
    expect(header.split(/\s{3,}/)).toEqual(['NAME', 'READY', 'BRANCH', 'RELEASE', 'LAST PUSH', 'URL', 'AGE']);
    const row = rows.find((line) => line.startsWith('listed '))?.split(/\s+/) ?? [];
    expect(row.slice(0, 6)).toEqual([
      'listed',
      'True',
      '-',
      '-',
      '-',
      `ssh://git@dev.example.com:2222/${lab.namespace}/listed`,
    ]);
    expect(row[6]).toMatch(/^\d+s$/);
  });

  it('print what scripts read', async () => {
    const list = JSON.parse((await lab.inNamespace('remote', 'list', '-o', 'json')).stdout) as {
      items: { kind: string }[];
    };
    expect(list.items.every(({ kind }) => kind === 'Remote')).toBe(true);
    expect((await lab.inNamespace('remote', 'get', 'listed', '-o', 'name')).stdout).toBe('remote.gitkube.sh/listed\n');
    const yaml = (await lab.inNamespace('remote', 'get', 'listed', '-o', 'yaml')).stdout;
    expect(yaml).not.toContain('managedFields');
    expect((await kubectl(['apply', '--dry-run=server', '-f', '-'], yaml)).code).toBe(0);
    expect((await cli(['remote', 'list', '-A'])).stdout).toMatch(new RegExp(`^${lab.namespace} +listed `, 'm'));
    expect((await lab.inNamespace('remote', 'get', 'listed', '-o', 'wide')).stdout).toContain('AwaitingFirstPush');
  });

  it('select by labels, and print what changes with -w', async () => {
    const labels = { team: 'web' };
    await lab.create([remote('labeled', {}, { labels })]);
    const found = await lab.inNamespace('remote', 'list', '-l', 'team=web', '-o', 'name');
    expect(found.stdout).toBe('remote.gitkube.sh/labeled\n');
    const first = outputWith('labeled +True');
    const changed = outputWith('labeled +True +live');
    const stop = new AbortController();
    const watching = cli(['-n', lab.namespace, 'remote', 'list', '--watch', '--selector=team=web'], {
      signal: stop.signal,
      onOutput: (output) => {
        first.onOutput(output);
        changed.onOutput(output);
      },
    });
    await first.seen;
    await lab.create([remote('other'), remote('labeled', { branch: 'live' }, { labels })]);
    await changed.seen;
    stop.abort();
    const { stdout } = await watching;
    expect(stdout).toMatch(/^NAME /);
    expect(stdout.match(/NAME|other/g)).toEqual(['NAME']);
  });

  it('keep stdout empty when there is nothing', async () => {
    const { code, stdout, output } = await cli(['-n', 'kube-public', 'remote', 'list']);
    expect({ code, stdout, output }).toEqual({
      code: 0,
      stdout: '',
      output: 'no remotes in namespace kube-public; -A lists all namespaces\n',
    });
  });

  it('end quietly when their reader leaves', async () => {
    const { code } = await new Promise<{ code: number }>((resolve) => {
      const command = `'${process.execPath}' dist/gitkube.js remote list -A -o yaml | head -1; exit \${PIPESTATUS[0]}`;
      const child = spawn('bash', ['-c', command], { env: { ...process.env, KUBECONFIG: rig().kubeconfig } });
      child.on('close', (code) => resolve({ code: code ?? 128 }));
    });
    expect(code).toBe(0);
  });

  it('delete after asking, and not without an answer', async () => {
    await lab.create([remote('doomed')]);
    const scripted = await lab.inNamespace('remote', 'delete', 'doomed');
    expect(scripted.output).toMatch(/no terminal to ask on\nhint: add --yes/);
    expect(scripted.code).toBe(2);

    const no = cliOnTerminal(['-n', lab.namespace, 'remote', 'delete', 'doomed']);
    await no.shows('(y/N)');
    no.type('n\r');
    expect((await no.ended).output).toContain('nothing was deleted');

    const interrupted = cliOnTerminal(['-n', lab.namespace, 'remote', 'delete', 'doomed']);
    await interrupted.shows('(y/N)');
    interrupted.type('\u0003');
    const ended = await interrupted.ended;
    expect(ended.code).toBe(130);
    expect(ended.output).not.toMatch(/ExitPromptError| at /);

    const yes = cliOnTerminal(['-n', lab.namespace, 'remote', 'delete', 'doomed']);
    await yes.shows('(y/N)');
    yes.type('y\r');
    expect((await yes.ended).output).toContain(`remote ${lab.namespace}/doomed deleted`);
    const again = await lab.inNamespace('remote', 'delete', 'doomed', '--yes');
    expect(again.output).toContain(`error: there is no remote doomed in namespace ${lab.namespace}`);
    expect(again.code).toBe(1);
  });
});

/** What a server would say about the Remote `app`. @returns the exit code of kubectl */
async function setStatus(inside: string, status: object): Promise<number> {
  const patch = JSON.stringify({ status: { observedGeneration: 1, ...status } });
  const args = ['-n', inside, 'patch', 'remote', 'app', '--subresource=status', '--type=merge', '-p', patch];
  return (await kubectl(args)).code;
}
