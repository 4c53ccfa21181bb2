/** What a file of Git LFS is in the commit: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md#the-pointer */
export interface LfsPointer {
  /** SHA-256 of the content, in hex. */
  readonly oid: string;
  /** Bytes of the content. */
  readonly size: number;
}

/** A pointer has less than this many bytes. */
export const maxPointerBytes = 1024;
/** The shortest one there can be. */
export const minPointerBytes = 100;

const version = 'version https://git-lfs.github.com/spec/v1\n';

/** @returns undefined: it is none, or one with extensions, which change the content in a program of the client */
export function readPointer(content: Buffer): LfsPointer | undefined {
  const text = content.toString('latin1');
  if (content.length > maxPointerBytes || !text.startsWith(version)) return undefined;
  const [, oid, size] = /^oid sha256:([0-9a-f]{64})\nsize (\d{1,15})\n$/.exec(text.slice(version.length)) ?? [];
  return oid === undefined ? undefined : { oid, size: Number(size) };
}
