import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GitkubeError } from '../../base/errors.ts';
import { Semaphore } from '../../base/semaphore.ts';
import { byteSize, count } from '../../base/text.ts';
import type { Say } from '../types.ts';
import type { Download, LfsClient } from './lfs-client.ts';
import type { LfsPointer } from './pointer.ts';

export interface FetchLfsInputs {
  readonly client: LfsClient;
  /** Of the repository: what was fetched for a commit before is there. */
  readonly folder: string;
  /** Bytes of all of them. */
  readonly maxBytes: number;
  /** Milliseconds without a byte. */
  readonly stallMs: number;
  readonly say: Say;
  readonly signal: AbortSignal;
}

const downloadsAtOnce = 4;
/** Since it was used last. */
const keptMs = 14 * 24 * 3_600_000;

/**
 * The content of files of Git LFS, on disk: fetched where no earlier build has done so, and never taken without its hash.
 * @returns the path of each, by the oid of the pointer
 * @throws LfsUnavailable; ContextTooLarge
 */
export async function fetchLfs(
  pointers: readonly LfsPointer[],
  inputs: FetchLfsInputs,
): Promise<ReadonlyMap<string, string>> {
  const { client, folder, maxBytes, say, signal } = inputs;
  const wanted = [...new Map(pointers.map((one) => [one.oid, one])).values()];
  const bytes = wanted.reduce((sum, { size }) => sum + size, 0);
  if (bytes > maxBytes) {
    throw new GitkubeError(
      'ContextTooLarge',
      `its files of Git LFS have ${byteSize(bytes)}, more than ${byteSize(maxBytes)}`,
      {
        hint: "exclude some with a .dockerignore, or set a smaller folder as 'path'",
      },
    );
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await deleteUnused(folder);
  const paths = new Map(wanted.map(({ oid }) => [oid, join(folder, oid)]));
  const missing = await without(wanted, async ({ oid }) => touch(paths.get(oid) ?? ''));
  if (missing.length === 0) return paths;
  const size = missing.reduce((sum, one) => sum + one.size, 0);
  say(`fetching ${count(missing.length, 'file')} of Git LFS, ${byteSize(size)}`);
  const places = new Semaphore(downloadsAtOnce);
  const failed = new AbortController();
  const all = AbortSignal.any([signal, failed.signal]);
  const fetchOne = async (download: Download) => {
    const leave = await places.acquire(all);
    try {
      await store(download, paths.get(download.oid) ?? '', { ...inputs, signal: all });
    } catch (thrown) {
      failed.abort(thrown);
      throw thrown;
    } finally {
      leave();
    }
  };
  const downloads = (await client.find(missing, signal)).map(fetchOne);
  await Promise.allSettled(downloads);
  await Promise.all(downloads);
  return paths;
}

/** Whole, or not at all: a server that is killed leaves a file of another name. */
async function store(download: Download, path: string, { client, stallMs, signal }: FetchLfsInputs): Promise<void> {
  const stalled = new AbortController();
  const until = AbortSignal.any([signal, stalled.signal]);
  const timer = setTimeout(() => stalled.abort(stall(download, stallMs)), stallMs);
  const part = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}.part`;
  const hash = createHash('sha256');
  let bytes = 0;
  const check = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      timer.refresh();
      hash.update(chunk);
      bytes += chunk.length;
      done(bytes > download.size ? wrong(download) : null, chunk);
    },
  });
  try {
    using content = await client.open(download, until);
    await pipeline(content.body, check, createWriteStream(part, { mode: 0o600 }), { signal: until });
    if (bytes !== download.size || hash.digest('hex') !== download.oid) throw wrong(download);
    await rename(part, path);
  } catch (thrown) {
    stalled.signal.throwIfAborted();
    signal.throwIfAborted();
    throw thrown;
  } finally {
    clearTimeout(timer);
    await rm(part, { force: true });
  }
}

function wrong({ oid }: Download): GitkubeError {
  return new GitkubeError('LfsUnavailable', `what the LFS server has as ${oid.slice(0, 12)} is something else`, {
    hint: 'push the objects there again: git lfs push --all <remote>',
  });
}

function stall({ oid }: Download, ms: number): GitkubeError {
  return new GitkubeError(
    'LfsUnavailable',
    `no byte of ${oid.slice(0, 12)} has come from the LFS server for ${ms / 1000} s`,
  );
}

/** @returns whether it is there */
async function touch(path: string): Promise<boolean> {
  const now = new Date();
  return utimes(path, now, now).then(
    () => true,
    () => false,
  );
}

async function without<T>(all: readonly T[], isThere: (one: T) => Promise<boolean>): Promise<T[]> {
  const found = await Promise.all(all.map(isThere));
  return all.filter((_one, index) => !found[index]);
}

async function deleteUnused(folder: string): Promise<void> {
  const old = Date.now() - keptMs;
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: old }));
    if (mtimeMs < old) await rm(path, { recursive: true, force: true });
  }
}
