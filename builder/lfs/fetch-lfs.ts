import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, statfs, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { again } from '../../base/again.ts';
import { diskFull, GitkubeError } from '../../base/errors.ts';
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
  /** Bytes that are kept in the folder; the least recently used go first. */
  readonly maxKeptBytes: number;
  /** Milliseconds without a byte. */
  readonly stallMs: number;
  readonly say: Say;
  readonly signal: AbortSignal;
}

const downloadsAtOnce = 4;
/** Since it was used last. */
const keptMs = 14 * 24 * 3_600_000;
/** Of the disk with all repositories. */
const spareBytes = 256 * 1024 ** 2;

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
  const paths = new Map(wanted.map(({ oid }) => [oid, join(folder, oid)]));
  const missing = await without(wanted, async ({ oid, size: whole }) => touch(paths.get(oid) ?? '', whole));
  const size = missing.reduce((sum, one) => sum + one.size, 0);
  await deleteUnused(folder, new Set(wanted.map(({ oid }) => oid)), inputs.maxKeptBytes - bytes);
  if (missing.length === 0) return paths;
  await requireRoom(folder, bytes + size);
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
    await pipeline(content.body, check, createWriteStream(part, { mode: 0o600, flush: true }), { signal: until });
    if (bytes !== download.size || hash.digest('hex') !== download.oid) throw wrong(download);
    await rename(part, path);
  } catch (thrown) {
    stalled.signal.throwIfAborted();
    signal.throwIfAborted();
    throw thrown instanceof GitkubeError ? thrown : brokenOff(download, thrown);
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
    { hint: again },
  );
}

/** @returns whether it is there, as long as it should be: a power cut may have left less */
async function touch(path: string, bytes: number): Promise<boolean> {
  const now = new Date();
  try {
    if ((await stat(path)).size !== bytes) return false;
    await utimes(path, now, now);
    return true;
  } catch {
    return false;
  }
}

/** They are on the disk twice while they are built with. @throws DiskFull */
async function requireRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < bytes + spareBytes) throw diskFull();
}

async function without<T>(all: readonly T[], isThere: (one: T) => Promise<boolean>): Promise<T[]> {
  const found = await Promise.all(all.map(isThere));
  return all.filter((_one, index) => !found[index]);
}

/** What nobody has used for long, and then the least recently used, down to so many bytes. */
async function deleteUnused(folder: string, inUse: ReadonlySet<string>, maxBytes: number): Promise<void> {
  const old = Date.now() - keptMs;
  const names = (await readdir(folder)).filter((name) => !inUse.has(name));
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const { mtimeMs, size } = await stat(path).catch(() => ({ mtimeMs: old, size: 0 }));
      return { path, mtimeMs, size };
    }),
  );
  let left = maxBytes;
  for (const { path, mtimeMs, size } of files.sort((a, b) => b.mtimeMs - a.mtimeMs)) {
    left -= size;
    if (mtimeMs < old || left < 0) await rm(path, { recursive: true, force: true });
  }
}

function brokenOff({ oid }: Download, cause: unknown): GitkubeError {
  const { message } = cause as { message?: string };
  return new GitkubeError(
    'LfsUnavailable',
    `the LFS server broke off while ${oid.slice(0, 12)} came (${message ?? ''})`,
    {
      hint: again,
      cause,
    },
  );
}
