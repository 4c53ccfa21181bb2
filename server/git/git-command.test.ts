import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { exitCodeOf } from './failure.ts';
import { GitCommand, git, gitEnvironment, gitThrough, spawnLimitedGit } from './git-command.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gitkube-run-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('git accepts a repository that another user owns, as on a volume that was restored or got a new user id', async () => {
  await git(['init', '-q', '--bare', '.'], { cwd: folder });
  const env = { GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' };
  expect((await git(['rev-parse', '--is-bare-repository'], { cwd: folder, env })).trim()).toBe('true');
});

it('git syncs a ref and its object to the disk before it reports them as written', async () => {
  await git(['init', '-q', '--bare', '.'], { cwd: folder });
  const trace = join(folder, 'trace');
  const options = { cwd: folder, env: { GIT_TRACE2_EVENT: trace } };
  const flushes = () =>
    [...readFileSync(trace, 'utf8').matchAll(/fsync\/hardware-flush","value":"?(\d+)/g)].map(([, n]) => n);
  const blob = (await git(['hash-object', '-w', '--stdin'], { ...options, input: 'x' })).trim();
  await git(['update-ref', 'refs/builds/x', blob], options);
  expect(flushes()).toEqual(['1', '1']);
});

describe('a git command that fails', () => {
  it('says what git said, without the path of the repository', async () => {
    await git(['init', '-q', '--bare', '.'], { cwd: folder });
    mkdirSync(join(folder, 'refs/heads'), { recursive: true });
    writeFileSync(join(folder, 'refs/heads/main.lock'), '');
    const blob = (await git(['hash-object', '-w', '--stdin'], { cwd: folder, input: 'x' })).trim();
    const error = await git(['update-ref', 'refs/heads/main', blob], { cwd: folder }).catch((thrown) => thrown);
    expect(error).toMatchObject({ reason: 'GitFailed', message: expect.stringContaining('fatal: update_ref failed') });
    expect(error.cause.message).not.toContain(folder);
    expect(exitCodeOf(error)).toBe(128);
  });

  it('has no exit code when it was killed', async () => {
    const error = await git(['-c', 'alias.x=!kill -9 $PPID', 'x'], { cwd: folder }).catch((thrown) => thrown);
    expect(error).toMatchObject({ reason: 'GitFailed', message: expect.stringContaining('was ended by SIGKILL') });
    expect(exitCodeOf(error)).toBeUndefined();
  });
});

describe('a git command that hangs', () => {
  const hang = ['config', '--list', '--file', 'nobody-writes'];
  const stopped = ['-c', 'alias.x=!kill -STOP $PPID', 'x'];

  beforeEach(() => void execFileSync('mkfifo', [join(folder, 'nobody-writes')]));

  it('is ended at its limit', async () => {
    const message = expect.stringContaining('within 100 ms');
    await expect(git(hang, { cwd: folder, maxMs: 100 })).rejects.toMatchObject({ reason: 'GitFailed', message });
  });

  it('is ended when its push is, with the reason of that', async () => {
    const ended = new AbortController();
    const failing = git(hang, { cwd: folder, signal: ended.signal });
    ended.abort(new Error('the client left'));
    await expect(failing).rejects.toThrow('the client left');
  });

  it('that ignores the signal is killed', async () => {
    await expect(git(stopped, { cwd: folder, maxMs: 100 })).rejects.toMatchObject({ reason: 'GitFailed' });
  });

  it('may wait for its input as long as a rollout takes', async () => {
    await git(['init', '-q', '--bare', '.'], { cwd: folder });
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    using command = new GitCommand(['hash-object', '--stdin'], { cwd: folder });
    vi.advanceTimersByTime(3_600_000);
    vi.useRealTimers();
    expect(await command.finish('x')).toMatch(/^[0-9a-f]{40}\n$/);
  });

  it('while it is read as a stream fails when its push is ended', async () => {
    const ended = new AbortController();
    const stream = gitThrough(hang, { cwd: folder, signal: ended.signal }, () => new PassThrough());
    ended.abort(new Error('the client left'));
    await expect(stream.toArray()).rejects.toThrow('the client left');
  });
});

describe('a git process whose memory is limited', () => {
  const limited = async (args: readonly string[], bytes: number, input?: Buffer) => {
    const child = spawnLimitedGit(args, { cwd: folder, env: { ...gitEnvironment }, stdio: 'pipe' }, bytes);
    child.stdout?.resume();
    child.stdin?.on('error', () => {}).end(input);
    const stderr = (child.stderr as Readable).toArray();
    const [code] = await once(child, 'close');
    return { code, stderr: Buffer.concat(await stderr).toString() };
  };
  const megabyte = 1024 ** 2;

  it('unpacks a file that is larger than the limit', async () => {
    await git(['init', '-q', '--bare', '.'], { cwd: folder });
    const { pack } = await packed(randomBytes(24 * megabyte));
    expect(await limited(['unpack-objects', '-q'], 12 * megabyte, pack)).toMatchObject({ code: 0 });
  });

  it('says that it has no memory left, and other processes have theirs', async () => {
    await git(['init', '-q', '--bare', '.'], { cwd: folder });
    const { blob } = await packed(randomBytes(24 * megabyte));
    writeFileSync(join(folder, 'blob'), blob);
    const hungry = await limited(['-c', 'core.bigFileThreshold=1g', 'cat-file', 'blob', blob], 12 * megabyte);
    expect(hungry).toMatchObject({ code: 128, stderr: expect.stringContaining('Out of memory') });
  });

  /** The file as the one object of a pack. */
  async function packed(content: Buffer): Promise<{ pack: Buffer; blob: string }> {
    writeFileSync(join(folder, 'file'), content);
    const blob = (await git(['hash-object', '-w', 'file'], { cwd: folder })).trim();
    const name = (await git(['pack-objects', 'made'], { cwd: folder, input: `${blob}\n` })).trim();
    const pack = readFileSync(join(folder, `made-${name}.pack`));
    return { pack, blob };
  }
});
