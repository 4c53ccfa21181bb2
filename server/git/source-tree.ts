import type { Readable } from 'node:stream';
import type { SourceTree } from '../../builder/index.ts';
import { git, gitBytes, gitStream } from './run.ts';

const kinds = {
  '040000': 'tree',
  '100644': 'blob',
  '100755': 'blob',
  '120000': 'symlink',
  '160000': 'submodule',
} as const;

/**
 * A commit's files, read from git objects and never checked out.
 * @param quarantine the variables that make objects visible which the repository has not accepted yet
 */
export async function sourceTree(
  repository: string,
  commit: string,
  quarantine: Readonly<Record<string, string>>,
): Promise<SourceTree> {
  const options = { cwd: repository, env: quarantine };
  // The object itself: `git log` would want the parents, which a push from a shallow clone does not have.
  const header = await git(['cat-file', 'commit', commit], options);
  const tree = /^tree ([0-9a-f]+)$/m.exec(header)?.[1] ?? '';
  const seconds = /^committer .* (\d+) [+-]\d{4}$/m.exec(header)?.[1] ?? '0';
  return {
    commit,
    commitTime: new Date(Number(seconds) * 1000),

    async entry(path) {
      if (path === '.') return { kind: 'tree', oid: tree };
      const output = await git(['ls-tree', '-z', tree, '--', path], options);
      const match = /^(\d{6}) \w+ ([0-9a-f]+)\t/.exec(output);
      const kind = kinds[(match?.[1] ?? '') as keyof typeof kinds];
      return kind && { kind, oid: match?.[2] ?? '' };
    },

    readBlob: (oid, maxBytes) => gitBytes(['cat-file', 'blob', oid], { ...options, maxBytes }),

    archive: (path): Readable =>
      gitStream(['archive', '--format=tar', path === '.' ? tree : `${tree}:${path}`], options),
  };
}
