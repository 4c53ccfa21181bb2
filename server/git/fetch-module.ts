import { createHash } from 'node:crypto';
import { access, mkdir, readdir, rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { GitkubeError } from '../../base/errors.ts';
import { plain, shortId } from '../../base/text.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import { exitCodeOf, wordsOf } from './failure.ts';
import { type GitOptions, git } from './git-command.ts';
import { requireFree } from './room.ts';

/** For one of them. */
const maxMs = 10 * 60_000;

/** A commit of another repository, as far as a build needs it. */
export interface FetchedModule {
  /** Its repository here. */
  readonly path: string;
  /** The tree of the commit. */
  readonly tree: string;
}

export interface FetchLimits {
  readonly signal: AbortSignal | undefined;
  /** Of one file of git, which is what a fetch brings. */
  readonly maxBytes: number;
}

/** Free on the disk before a fetch begins. */
const spareBytes = 256 * 1024 ** 2;

/** By the folder: git locks what it writes, and two images of one push may have the same submodule. */
const underWay = new Map<string, Promise<unknown>>();

/**
 * Fetches one commit, without history, into a repository of its own below the folder, unless it is there.
 * @param url one that somebody has allowed
 * @throws SubmoduleUnavailable
 */
export async function fetchModule(
  folder: string,
  { url, commit }: { readonly url: string; readonly commit: string },
  limits: FetchLimits,
): Promise<FetchedModule> {
  const path = join(folder, `${createHash('sha256').update(url).digest('hex').slice(0, 32)}.git`);
  const before = underWay.get(path) ?? Promise.resolve();
  const work = before.catch(() => {}).then(() => fetchInto(path, url, commit, limits));
  work.catch(() => {});
  underWay.set(path, work);
  try {
    return await (limits.signal ? untilAborted(work, limits.signal) : work);
  } finally {
    if (underWay.get(path) === work) underWay.delete(path);
  }
}

async function fetchInto(
  path: string,
  url: string,
  commit: string,
  { signal, maxBytes }: FetchLimits,
): Promise<FetchedModule> {
  await makeRepository(path, signal);
  // One that no build uses any more is deleted by this time.
  await utimes(path, new Date(), new Date());
  const options = { cwd: path, env: { GIT_DIR: path }, signal };
  const known = await keptTree(commit, options);
  if (known !== undefined) return { path, tree: known };
  await sweep(path);
  await requireFree(path, spareBytes);
  try {
    // The ref says that all of it has come, and the next commit takes only what is new.
    const ref = `+${commit}:${keptRef(commit)}`;
    await git([...safely, 'fetch', '-q', '--depth=1', '--no-tags', '--no-write-fetch-head', url, ref], {
      ...{ ...options, env: { ...options.env, ...onlyHttp }, maxMs, maxFileBytes: maxBytes },
    });
  } catch (error) {
    signal?.throwIfAborted();
    await sweep(path);
    throw exitCodeOf(error) === undefined ? error : unavailable(url, commit, wordsOf(error));
  }
  const tree = await keptTree(commit, options);
  if (tree === undefined) throw unavailable(url, commit, ['the server has sent another commit']);
  return { path, tree };
}

/** Whole or not at all: half a repository would have git look for another one above it. */
async function makeRepository(path: string, signal: AbortSignal | undefined): Promise<void> {
  const isThere = await access(join(path, 'HEAD')).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  const draft = `${path}.draft`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  await git(['init', '-q', '--bare', '.'], { cwd: draft, signal });
  await rename(draft, path);
}

/** What a git that was killed has left: nobody else is in here. */
async function sweep(path: string): Promise<void> {
  await rm(join(path, 'shallow.lock'), { force: true });
  const packs = join(path, 'objects/pack');
  for (const name of await readdir(packs).catch(() => [])) {
    if (name.startsWith('tmp_')) await rm(join(packs, name), { force: true });
  }
}

/** What is behind the URL is anybody's; it may not lead on, either. */
const safely = [
  ...['-c', 'fetch.fsckObjects=true', '-c', 'http.followRedirects=false', '-c', 'credential.helper='],
  ...['-c', 'core.askPass=true', '-c', 'http.lowSpeedLimit=1', '-c', 'http.lowSpeedTime=60', '-c', 'gc.auto=0'],
];
const onlyHttp = { GIT_ALLOW_PROTOCOL: 'https:http' };

function keptRef(commit: string): string {
  return `refs/kept/${commit}`;
}

async function keptTree(commit: string, options: GitOptions): Promise<string | undefined> {
  const args = ['rev-parse', '--verify', '--quiet', `${keptRef(commit)}^{tree}`];
  return git(args, options).then(
    (tree) => tree.trim(),
    (error) => {
      if (exitCodeOf(error) === undefined) throw error;
      return undefined;
    },
  );
}

function unavailable(url: string, commit: string, words: readonly string[]): GitkubeError {
  const why = words.map((line) => line.replace(/^(?:fatal|error): /, '')).find((line) => line !== '');
  const text = why === undefined ? '' : `: ${plain(why, 200)}`;
  return new GitkubeError(
    'SubmoduleUnavailable',
    `commit ${shortId(commit)} of ${plain(url, 200)} cannot be fetched${text}`,
    {
      hint: 'check that the commit was pushed there, and that anybody may fetch it',
    },
  );
}
