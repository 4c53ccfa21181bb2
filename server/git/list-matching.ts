import { PassThrough } from 'node:stream';
import type { ByteString } from '../../base/byte-string.ts';
import { GitkubeError } from '../../base/errors.ts';
import { type GitOptions, gitThrough } from './git-command.ts';
import { type ListedFile, parseListing } from './tree.ts';

/** A small pack can hold a tree of any number of files. */
const maxFiles = 1_000_000;
const maxMatches = 20_000;

/**
 * The files of a tree that match, read as git lists them: only these are ever in memory.
 * @throws ContextTooLarge
 */
export async function listMatching(
  tree: string,
  matches: (file: ListedFile) => boolean,
  options: GitOptions,
): Promise<ListedFile[]> {
  const args = ['ls-tree', '-r', '-l', '-z', '--full-tree', tree];
  const found: ListedFile[] = [];
  let files = 0;
  let rest = '';
  for await (const chunk of gitThrough(args, options, () => new PassThrough())) {
    const text = rest + (chunk as Buffer).toString('latin1');
    const end = text.lastIndexOf('\0') + 1;
    rest = text.slice(end);
    const listed = parseListing(text.slice(0, end) as ByteString);
    files += listed.length;
    found.push(...listed.filter(matches));
    if (files > maxFiles) throw tooMany(`${maxFiles} files`);
    if (found.length > maxMatches) throw tooMany(`${maxMatches} files of Git LFS or submodules`);
  }
  return found;
}

function tooMany(what: string): GitkubeError {
  return new GitkubeError('ContextTooLarge', `the commit has more than ${what}`);
}
