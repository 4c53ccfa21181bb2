import { createHash } from 'node:crypto';
import { access, mkdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { GitkubeError } from '../../base/errors.ts';
import { plain, shortId } from '../../base/text.ts';
import { wordsOf } from './failure.ts';
import { git } from './git-command.ts';

/** For one of them. */
const maxMs = 10 * 60_000;

/** A commit of another repository, as far as a build needs it. */
export interface FetchedModule {
  /** Its repository here. */
  readonly path: string;
  /** The tree of the commit. */
  readonly tree: string;
}

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
  signal: AbortSignal | undefined,
): Promise<FetchedModule> {
  const path = join(folder, `${createHash('sha256').update(url).digest('hex').slice(0, 32)}.git`);
  const before = underWay.get(path) ?? Promise.resolve();
  const work = before.catch(() => {}).then(() => fetchInto(path, url, commit, signal));
  underWay.set(path, work);
  try {
    return await work;
  } finally {
    if (underWay.get(path) === work) underWay.delete(path);
  }
}

async function fetchInto(
  path: string,
  url: string,
  commit: string,
  signal: AbortSignal | undefined,
): Promise<FetchedModule> {
  const there = await access(join(path, 'HEAD')).then(
    () => true,
    () => false,
  );
  if (!there) {
    await mkdir(path, { recursive: true });
    await git(['init', '-q', '--bare', '.'], { cwd: path, signal });
  }
  // One that no build uses any more is deleted by this time.
  await utimes(path, new Date(), new Date());
  const known = await treeOf(path, commit, signal);
  if (known !== undefined) return { path, tree: known };
  try {
    await git([...safely, 'fetch', '-q', '--depth=1', '--no-tags', '--no-write-fetch-head', url, commit], {
      ...{ cwd: path, env: onlyHttp, maxMs, signal },
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw unavailable(url, commit, wordsOf(error));
  }
  const tree = await treeOf(path, commit, signal);
  if (tree === undefined) throw unavailable(url, commit, ['the server has sent another commit']);
  return { path, tree };
}

/** What is behind the URL is anybody's; it may not lead on, either. */
const safely = [
  ...['-c', 'fetch.fsckObjects=true', '-c', 'http.followRedirects=false', '-c', 'credential.helper='],
  ...['-c', 'core.askPass=true', '-c', 'http.lowSpeedLimit=1', '-c', 'http.lowSpeedTime=60', '-c', 'gc.auto=0'],
];
const onlyHttp = { GIT_ALLOW_PROTOCOL: 'https:http' };

async function treeOf(path: string, commit: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  const args = ['rev-parse', '--verify', '--quiet', `${commit}^{tree}`];
  return git(args, { cwd: path, signal }).then(
    (tree) => tree.trim(),
    () => undefined,
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
