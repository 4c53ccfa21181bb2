/** One entry of a tree object. */
export interface TreeEntry {
  readonly kind: 'tree' | 'blob' | 'symlink' | 'submodule';
  readonly oid: string;
}

const kinds: Readonly<Record<string, TreeEntry['kind']>> = {
  '40000': 'tree',
  '100644': 'blob',
  '100664': 'blob',
  '100755': 'blob',
  '120000': 'symlink',
  '160000': 'submodule',
};

/**
 * Finds a name in a tree object: a sequence of mode, blank, name, NUL, binary object id (gitformat-pack, and git's
 * tree-walk.c).
 * @param oidBytes 20 for SHA-1, 32 for SHA-256
 */
export function findInTree(tree: Buffer, name: string, oidBytes: number): TreeEntry | undefined {
  for (let at = 0; at < tree.length; ) {
    const blank = tree.indexOf(0x20, at);
    const nul = tree.indexOf(0, blank);
    if (blank < 0 || nul < 0) return undefined;
    const end = nul + 1 + oidBytes;
    if (tree.toString('utf8', blank + 1, nul) === name) {
      const kind = kinds[tree.toString('latin1', at, blank)];
      return kind && { kind, oid: tree.toString('hex', nul + 1, end) };
    }
    at = end;
  }
  return undefined;
}

export interface ListedFile {
  readonly path: string;
  readonly kind: Exclude<TreeEntry['kind'], 'tree'>;
  readonly oid: string;
  /** 0 for a submodule. */
  readonly bytes: number;
}

/** @param output of `git ls-tree -r -l -z`: mode, type, id, size padded with blanks (`-` for a submodule), tab, path, NUL */
export function parseListing(output: string): ListedFile[] {
  return output.split('\0').flatMap((line): ListedFile[] => {
    const [, mode = '', oid = '', bytes = '', path = ''] = /^0*(\d+) \w+ ([0-9a-f]+) +(\d+|-)\t(.*)$/s.exec(line) ?? [];
    const kind = kinds[mode];
    if (kind === undefined || kind === 'tree') return [];
    return [{ path, kind, oid, bytes: Number(bytes) || 0 }];
  });
}
