import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { must } from '../../test/support/command.ts';
import { GitHttp } from '../../test/support/git-http.ts';
import { fetchModule } from './fetch-module.ts';

let folder: string;
let upstream: GitHttp;
let modules: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitkube-modules-'));
  modules = join(folder, 'modules');
  upstream = await GitHttp.start(folder);
  await must('git', ['init', '-q', '-b', 'main', join(folder, 'lib')]);
});
afterEach(async () => {
  await upstream[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** @returns the commit */
async function commit(content: string | Buffer): Promise<string> {
  await writeFile(join(folder, 'lib/file'), content);
  const git = (...args: string[]) =>
    must('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-C', join(folder, 'lib'), ...args]);
  await git('add', '-A');
  await git('commit', '-q', '-m', 'change');
  return (await git('rev-parse', 'HEAD')).trim();
}

function fetch(oid: string, limits: { readonly signal?: AbortSignal; readonly maxBytes?: number } = {}) {
  const { signal, maxBytes = 10_000_000 } = limits;
  return fetchModule(modules, { url: upstream.url('lib'), commit: oid }, { signal, maxBytes });
}

describe('a submodule', () => {
  it('is fetched once, also when two builds want it at the same time', async () => {
    const oid = await commit('one');
    const [first, second] = await Promise.all([fetch(oid), fetch(oid)]);
    expect(first).toEqual(second);
    const asked = upstream.asked.length;
    expect(await fetch(oid)).toEqual(first);
    expect(upstream.asked).toHaveLength(asked);
    const shown = await must('git', ['-C', first.path, 'ls-tree', '--name-only', first.tree]);
    expect(shown).toBe('file\n');
  });

  it('is fetched where a git that was killed has left its locks and half a pack', async () => {
    const { path } = await fetch(await commit('one'));
    await writeFile(join(path, 'shallow.lock'), '');
    await writeFile(join(path, 'objects/pack/tmp_pack_x'), 'half');
    const { tree } = await fetch(await commit('two'));
    expect(tree).toMatch(/^[0-9a-f]{40}$/);
    expect((await readdir(join(path, 'objects/pack'))).join()).not.toContain('tmp_');
  });

  it('that is not there names its commit and its URL', async () => {
    await commit('one');
    await expect(fetch('0'.repeat(39).concat('1'))).rejects.toMatchObject({
      reason: 'SubmoduleUnavailable',
      message: expect.stringMatching(/^commit 0000000 of http:\S+\/lib cannot be fetched: /),
    });
  });

  it('that is larger than its limit is refused, and nothing of it stays', async () => {
    const { path } = await fetch(await commit('one'));
    const large = await commit(Buffer.from(Array.from({ length: 400_000 }, () => Math.random() * 256)));
    await expect(fetch(large, { maxBytes: 100_000 })).rejects.toThrow();
    expect((await readdir(join(path, 'objects/pack'))).join()).not.toContain('tmp_');
    expect(await fetch(large)).toMatchObject({ path });
  });

  it('is not waited for by a push that is cancelled', async () => {
    const oid = await commit('one');
    const cancel = new AbortController();
    const fetching = fetch(oid, { signal: cancel.signal });
    cancel.abort(new Error('cancelled'));
    await expect(fetching).rejects.toThrow('cancelled');
    expect(await fetch(oid)).toMatchObject({ tree: expect.any(String) });
  });
});
