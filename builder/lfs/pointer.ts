/** What a file of Git LFS is in the commit: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md#the-pointer */
export interface LfsPointer {
  /** SHA-256 of the content, in hex. */
  readonly oid: string;
  /** Bytes of the content. */
  readonly size: number;
  /** Whether a program of the client has changed the content: it is not what the file is. */
  readonly isExtended?: true;
}

/** A pointer has less than this many bytes. */
export const maxPointerBytes = 1024;
/** The shortest one there can be. */
export const minPointerBytes = 100;

/** The last two are what git-lfs was called before it had its name. */
const pointer =
  /^version (?:https:\/\/git-lfs\.github\.com\/spec\/v1|https:\/\/hawser\.github\.com\/spec\/v1|http:\/\/git-media\.io\/v\/2)\n((?:ext-\d-\S+ \S+\n)*)oid sha256:([0-9a-f]{64})\nsize (\d{1,15})\n$/;

/** @returns undefined: it is none */
export function readPointer(content: Buffer): LfsPointer | undefined {
  if (content.length > maxPointerBytes) return undefined;
  const [, extensions, oid, size] = pointer.exec(content.toString('latin1')) ?? [];
  if (oid === undefined) return undefined;
  return { oid, size: Number(size), ...(extensions !== '' && { isExtended: true }) };
}
