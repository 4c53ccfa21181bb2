import { expect, it } from 'vitest';
import type { SourceTree } from '../types.ts';
import { resolvePath } from './resolve-path.ts';

/** @param files by path: the targets of symlinks, or '' for a folder */
function sourceOf(files: Readonly<Record<string, string>>): SourceTree {
  const known: Readonly<Record<string, string>> = { '.': '', ...files };
  return {
    entry: async (path: string) => {
      const target = known[path];
      return target === undefined ? undefined : { kind: target === '' ? 'tree' : 'symlink', oid: target };
    },
    readBlob: async (oid: string) => Buffer.from(oid),
  } as Partial<SourceTree> as SourceTree;
}

it.each([
  ['www/Dockerfile', { www: '' }, " (folder 'www' exists)"],
  ['Dockerfile', {}, ''],
  [
    'www/Dockerfile',
    { www: '', docker: '', 'www/Dockerfile': '../docker/Dockerfile' },
    ": 'www/Dockerfile' is a symlink to '../docker/Dockerfile': folder 'docker' does not have it",
  ],
])('a path that leads to nothing says how far it leads: %s', async (path, files, why) => {
  expect(await resolvePath(sourceOf(files), path, 'blob')).toEqual({ why });
});
