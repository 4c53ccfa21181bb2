import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { GitkubeError } from '../../../base/errors.ts';
import { runCommand } from '../../commands/run-command.ts';
import { commands } from './index.ts';
import type { SshScope } from './ssh-scope.ts';

/** Runs a command line; a backend that is asked answers with what it was asked for. */
async function run(line: string, refusal?: GitkubeError) {
  const asked: unknown[] = [];
  const ask = async (...args: unknown[]) => {
    asked.push(...args);
    throw new GitkubeError('RemoteUnknown', 'no such Remote', { hint: 'check the URL' });
  };
  const out: string[] = [];
  const err: string[] = [];
  const exit = vi.fn();
  const channel = {
    stdin: new PassThrough(),
    stdout: { write: (text: Buffer | string) => out.push(String(text)) },
    stderr: { write: (text: string) => err.push(text) },
    end: exit,
  };
  const backend = {
    fetch: ask,
    push: ask,
    lfsUrl: async () => lfsUrl,
    urlForm: 'ssh://host/<namespace>/<name>',
    greet: () => [],
  };
  const scope = {
    channel,
    lineEnd: '\n',
    backend,
    principal: { name: 'me', fingerprint: 'mine' },
  } as unknown as SshScope;
  await runCommand(commands, line, scope, refusal);
  return { asked, out: out.join(''), err: err.join(''), code: exit.mock.calls[0]?.[0] };
}

/** Of the Remote that the command names. */
let lfsUrl: string | undefined;
beforeEach(() => {
  lfsUrl = undefined;
});

const www = { namespace: 'default', name: 'www' };

describe('an SSH command', () => {
  it.each([
    ["git-receive-pack '/default/www'", www],
    ["git receive-pack '/default/www.git'", www],
    ["git-upload-pack 'default/www'", www],
    ["git-upload-pack '/~/git/default-www'", { old: 'default-www' }],
    ['git-upload-pack default/www', www],
  ])('%s asks for its Remote, and the answer that git reads is a packet', async (line, name) => {
    const { asked, out, code } = await run(line);
    expect(asked[0]).toEqual(name);
    expect(out).toMatch(/^[0-9a-f]{4}ERR no such Remote\nhint: check the URL\n$/);
    expect(code).toBe(1);
  });

  it.each([
    '',
    'ls',
    'git-receive-pack',
    "git-receive-pack 'a' 'b'",
    "git-receive-pack 'a'; id",
    "git-receive-pack 'a' --help",
    'git-receive-pack $(id)',
    'git-receive-pack `id`',
    "git-receive-pack 'a",
    "git-shell -c 'id'",
    "git-upload-archive '/default/www'",
    "GIT-RECEIVE-PACK '/default/www'",
    "exec git-receive-pack '/default/www'",
    'git-receive-pack --upload-pack=id',
  ])('%s is refused: nothing is asked for, and the exit code is that of a shell', async (line) => {
    const { asked, err, out, code } = await run(line);
    expect(asked).toEqual([]);
    const isPath = out.includes('not the path of a Remote');
    if (!isPath)
      expect(err).toMatch(/^gitkube: unknown command: .*\nhint: Gitkube takes git push, git fetch and git clone/);
    expect(code).toBe(isPath ? 1 : 127);
  });

  it('with a path that git has quoted is read as a shell would', async () => {
    const { out } = await run("git-upload-pack 'it'\\''s'");
    expect(out).toContain("ERR not the path of a Remote: it's");
  });

  it.each([
    [
      'git-lfs-authenticate /default/www upload',
      "git push --no-verify ssh://host/default/www 'HEAD:refs/heads/<branch>'",
    ],
    ['git-lfs-transfer /default/www upload', "git push --no-verify ssh://host/default/www 'HEAD:refs/heads/<branch>'"],
    ["git-lfs-authenticate '/default/www' download", 'GIT_LFS_SKIP_SMUDGE=1 git clone ssh://host/default/www'],
  ])('%s is answered with what works', async (line, hint) => {
    const { err, code } = await run(line);
    expect(err).toContain('Gitkube stores no Git LFS objects');
    expect(err).toContain(hint);
    expect(code).toBe(1);
  });

  it('of Git LFS is led to the server that the Remote names, without its login', async () => {
    lfsUrl = 'https://lfs.example.com/app/info/lfs';
    const { out, code } = await run('git-lfs-authenticate /default/www upload');
    expect([JSON.parse(out), code]).toEqual([{ href: lfsUrl }, 0]);
    expect(await run('git-lfs-transfer /default/www upload')).toMatchObject({ code: 1 });
  });

  it('that is too long is refused as too long, and not as unknown', async () => {
    const { asked, err, code } = await run(`git-upload-pack '/default/${'a'.repeat(2000)}'`);
    expect(asked).toEqual([]);
    expect(err).toMatch(/^gitkube: a command of 2027 characters\n/);
    expect(code).toBe(127);
  });

  it.each([
    [`status ${'x'.repeat(2000)}`, 'a command of 2007 characters: status', 2],
    [`env set API_TOKEN=hush${'x'.repeat(40_000)}`, 'a command of 40022 characters: env', 2],
    [`run web -- env API_TOKEN=hush${'x'.repeat(40_000)}`, 'a command of 40029 characters: run', 125],
    [`evn set API_TOKEN=hush${'x'.repeat(2000)}`, 'a command of 2022 characters', 127],
    ['evn set API_TOKEN=hush', 'unknown command: evn', 127],
    ['env --API_TOKEN=hush', 'env has no option --API_TOKEN', 2],
  ])('%.24s… is refused without what may be secret, with the exit code of the command', async (line, message, exit) => {
    const { asked, err, code } = await run(line);
    expect(asked).toEqual([]);
    expect(err.split('\n')[0]).toBe(`gitkube: ${message}`);
    expect(err).not.toContain('hush');
    expect(code).toBe(exit);
  });

  it('on a connection that is refused fails with the reason, as the command would', async () => {
    const busy = new GitkubeError('ServerBusy', 'too many connections');
    expect((await run("git-receive-pack '/default/www'", busy)).out).toContain('ERR too many connections');
    expect((await run('ls', busy)).err).toContain('gitkube: too many connections');
  });
});
