import { type ByteString, byteString, bytesOfText } from '../../base/byte-string.ts';

/** One entry of a tree object. */
export interface TreeEntry {
  readonly kind: 'tree' | 'blob' | 'symlink' | 'submodule';
  readonly oid: string;
}

export interface NamedTreeEntry extends TreeEntry {
  readonly name: ByteString;
  readonly executable: boolean;
}

/**
 * The entries of a tree object: a sequence of mode, blank, name, NUL, binary object id (gitformat-pack, and git's
 * tree-walk.c).
 * @param oidBytes 20 for SHA-1, 32 for SHA-256
 */
export function* treeEntries(tree: Buffer, oidBytes: number): Generator<NamedTreeEntry> {
  for (let at = 0; at < tree.length; ) {
    const blank = tree.indexOf(0x20, at);
    const nul = tree.indexOf(0, blank);
    const end = nul + 1 + oidBytes;
    if (blank < 0 || nul < 0 || end > tree.length) return;
    const mode = Number.parseInt(tree.toString('latin1', at, blank), 8);
    yield {
      kind: kindOf(mode),
      executable: (mode & 0o100) !== 0,
      name: byteString(tree, blank + 1, nul),
      oid: tree.toString('hex', nul + 1, end),
    };
    at = end;
  }
}

/** @param name in UTF-8; what is no UTF-8 in the tree is never it */
export function findInTree(tree: Buffer, name: string, oidBytes: number): TreeEntry | undefined {
  const wanted = bytesOfText(name);
  for (const { name: found, kind, oid } of treeEntries(tree, oidBytes)) {
    if (found === wanted) return { kind, oid };
  }
  return undefined;
}

/** As git's canon_mode: old clients wrote 100664, 040000 and others, and git itself reads them so. */
function kindOf(mode: number): TreeEntry['kind'] {
  const format = mode & 0o170000;
  if (format === 0o040000) return 'tree';
  if (format === 0o100000) return 'blob';
  return format === 0o120000 ? 'symlink' : 'submodule';
}

export interface ListedFile {
  readonly path: ByteString;
  readonly kind: Exclude<TreeEntry['kind'], 'tree'>;
  readonly oid: string;
  /** 0 for a submodule. */
  readonly bytes: number;
}

/** @param output of `git ls-tree -r -l -z`: mode, type, id, size padded with blanks (`-` for a submodule), tab, path, NUL */
export function parseListing(output: ByteString): ListedFile[] {
  return output.split('\0').flatMap((line): ListedFile[] => {
    const match = /^(\d+) \w+ ([0-9a-f]+) +(\d+|-)\t(.*)$/s.exec(line);
    if (match === null) return [];
    const [, mode = '', oid = '', bytes = '', path = ''] = match;
    const kind = kindOf(Number.parseInt(mode, 8));
    return kind === 'tree' ? [] : [{ path: path as ByteString, kind, oid, bytes: Number(bytes) || 0 }];
  });
}
