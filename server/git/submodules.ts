import type { ByteString } from '../../base/byte-string.ts';
import type { Submodule } from '../../builder/index.ts';
import { exitCodeOf } from './failure.ts';
import { type GitOptions, git } from './git-command.ts';
import { listMatching } from './list-matching.ts';

const maxModules = 1024 * 1024;

/**
 * The submodules of a tree (gitmodules(5)). One that `.gitmodules` does not name has no URL; a tree without that file has
 * none that anybody could fetch, and is not looked through.
 * @param modules the blob of `.gitmodules`
 */
export async function findSubmodules(tree: string, modules: string, options: GitOptions): Promise<Submodule[]> {
  const [links, settings] = await Promise.all([
    listMatching(tree, ({ kind }) => kind === 'submodule', options),
    readSettings(modules, options),
  ]);
  const byPath = new Map([...settings.values()].map(({ path, url }) => [path, url]));
  return links.map(({ path, oid: commit }) => {
    const url = byPath.get(path);
    return { path, commit, ...(url !== undefined && { url }) };
  });
}

interface Settings {
  path?: ByteString;
  url?: string;
}

/** By the name of the submodule. git itself reads the file: it has the syntax of git-config(1). */
async function readSettings(modules: string, options: GitOptions): Promise<Map<string, Settings>> {
  // What it includes would be a file of the server.
  const args = ['config', '--no-includes', '--blob', modules, '-z', '--get-regexp', '^submodule\\..*\\.(path|url)$'];
  const limits = { encoding: 'latin1', maxBytes: maxModules } as const;
  const output = await git(args, { ...options, ...limits }).catch((error) => {
    if (exitCodeOf(error) === 1) return '';
    throw error;
  });
  const found = new Map<string, Settings>();
  for (const line of output.split('\0')) {
    const [, name = '', key, value = ''] = /^submodule\.(.*)\.(path|url)\n(.*)$/s.exec(line) ?? [];
    const settings = found.get(name) ?? {};
    // The last one counts, as in git.
    if (key === 'path') settings.path = value as ByteString;
    if (key === 'url') settings.url = Buffer.from(value, 'latin1').toString('utf8');
    if (key !== undefined) found.set(name, settings);
  }
  return found;
}
