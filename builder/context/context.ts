import { type ByteString, byteString, bytesOfText, textOfBytes } from '../../base/byte-string.ts';
import { GitkubeError } from '../../base/errors.ts';
import { count, plain } from '../../base/text.ts';
import type { ArchiveFormat, TreeFile } from '../types.ts';
import type { DockerIgnore } from './dockerignore.ts';
import { endOfTar, tarHeader, tarPadding } from './tar.ts';

/** The Dockerfile travels under this name when it is not where the engine could read it. */
export const reservedDockerfile = '.gitkube.Dockerfile';

export interface ContextLimits {
  /** Bytes of file content. */
  readonly maxContextBytes: number;
  readonly maxContextEntries: number;
}

export interface ContextOptions {
  /** For people: the context's folder. */
  readonly path: string;
  readonly ignore?: DockerIgnore;
  /** Paths inside the context that are sent whatever the ignore file says. */
  readonly keep: readonly string[];
  /** Files that are sent instead of, or beside, those of the commit. */
  readonly extra: readonly { readonly name: string; readonly content: Buffer }[];
  readonly mtime: Date;
  readonly limits: ContextLimits;
}

const maxPathBytes = 4096;
/** NAME_MAX and PATH_MAX of Linux. */
const maxNameBytes = 255;
const maxTargetBytes = 4095;
/** An ignored folder with exceptions is looked into, and a small pack can hold a huge tree. */
const looksForEachEntry = 10;
/** The paths of an archive are in memory at once; those of most repositories have less than 100 bytes. */
const pathBytesForEachEntry = 500;
const nothing = Buffer.alloc(0);

/**
 * The build context as a tar: the files of a tree without what its ignore file names. Names are bytes. Modes are 0644 and
 * 0755 and times are the commit's, so that the tar depends on the commit alone.
 */
export class ContextTar implements ArchiveFormat {
  readonly maxSymlinkBytes = maxTargetBytes;
  readonly #options: ContextOptions;
  readonly #mtime: number;
  readonly #replaced: ReadonlySet<string>;
  readonly #keep: ReadonlySet<string>;
  /** Ignored folders that may still be needed, because something below them is not ignored. */
  readonly #heldBack = new Map<string, TreeFile>();
  #bytes = 0;
  #entries = 0;
  #looks = 0;
  #pathBytes = 0;

  constructor(options: ContextOptions) {
    this.#options = options;
    // A commit may have any time, and that of none.
    this.#mtime = Math.trunc(options.mtime.getTime() / 1000) || 0;
    this.#replaced = new Set(options.extra.map(({ name }) => bytesOfText(name)));
    this.#keep = new Set(options.keep.map(bytesOfText));
  }

  wants(file: TreeFile): boolean {
    const { path, kind } = file;
    const { ignore, limits } = this.#options;
    if (++this.#looks > looksForEachEntry * limits.maxContextEntries) throw this.#tooManyEntries();
    if (this.#replaced.has(path)) return false;
    if (ignore?.ignores(path) && !this.#keep.has(path)) {
      if (kind !== 'tree' || !(ignore.hasExceptions || this.#keepsBelow(path))) return false;
      this.#heldBack.set(path, file);
      if (this.#heldBack.size > limits.maxContextEntries) throw this.#tooManyEntries();
      this.#countPath(path);
      return true;
    }
    if (++this.#entries > limits.maxContextEntries) throw this.#tooManyEntries();
    this.#checkName(path);
    this.#countPath(path);
    return true;
  }

  folder({ path }: TreeFile): Buffer {
    if (this.#heldBack.has(path)) return nothing;
    return this.#entry(path, { type: 'folder', path: `${path}/` as ByteString, mode: 0o755 });
  }

  symlink({ path }: TreeFile, target: Buffer): Buffer {
    if (target.length === 0) throw this.#unfit(path, 'is a symlink to nothing');
    if (target.includes(0)) throw this.#unfit(path, 'is a symlink whose target has a NUL in it');
    return this.#entry(path, { type: 'symlink', path, target: byteString(target), mode: 0o777 });
  }

  file({ path, executable }: TreeFile, bytes: number): Buffer {
    const { maxContextBytes } = this.#options.limits;
    this.#bytes += bytes;
    if (this.#bytes > maxContextBytes) throw this.#tooLarge(`${Math.round(maxContextBytes / 1e6)} MB`);
    return this.#entry(path, { type: 'file', path, bytes, mode: executable ? 0o755 : 0o644 });
  }

  behindFile(bytes: number): Buffer {
    return tarPadding(bytes);
  }

  tooLarge({ path, kind }: TreeFile): never {
    if (kind === 'symlink') throw this.#unfit(path, `is a symlink whose target is longer than ${maxTargetBytes} bytes`);
    throw this.#tooManyEntries();
  }

  end(): Buffer {
    const files = this.#options.extra.flatMap(({ name, content }) => {
      const header = { type: 'file', path: bytesOfText(name), bytes: content.length, mode: 0o644 } as const;
      return [tarHeader({ ...header, mtime: this.#mtime }), content, tarPadding(content.length)];
    });
    const isEmpty = this.#entries === 0 && files.length === 0;
    return Buffer.concat([...(isEmpty ? [this.#ownFolder()] : files), endOfTar]);
  }

  /** BuildKit takes a tar without any entry for a file that is no tar. */
  #ownFolder(): Buffer {
    return tarHeader({ type: 'folder', path: bytesOfText('./'), mode: 0o755, mtime: this.#mtime });
  }

  #entry(path: ByteString, entry: Omit<Parameters<typeof tarHeader>[0], 'mtime'>): Buffer {
    const header = tarHeader({ ...entry, mtime: this.#mtime });
    return this.#heldBack.size === 0 ? header : Buffer.concat([...this.#foldersAbove(path), header]);
  }

  #foldersAbove(path: ByteString): Buffer[] {
    const found: Buffer[] = [];
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      const folder = this.#heldBack.get(path.slice(0, slash));
      if (folder === undefined) continue;
      this.#heldBack.delete(folder.path);
      found.push(tarHeader({ type: 'folder', path: `${folder.path}/` as ByteString, mode: 0o755, mtime: this.#mtime }));
    }
    return found;
  }

  #keepsBelow(folder: ByteString): boolean {
    return [...this.#keep].some((path) => path.startsWith(`${folder}/`));
  }

  #countPath(path: ByteString): void {
    const max = pathBytesForEachEntry * this.#options.limits.maxContextEntries;
    this.#pathBytes += path.length;
    if (this.#pathBytes > max) throw this.#tooLarge(`${count(max, 'byte', 'bytes')} of paths`);
  }

  #checkName(path: ByteString): void {
    if (path.length > maxPathBytes) throw this.#unfit(path, `is longer than ${maxPathBytes} bytes`);
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (name.length > maxNameBytes) throw this.#unfit(path, `has a name of more than ${maxNameBytes} bytes`);
    if (['', '.', '..'].includes(name)) throw this.#unfit(path, 'is not a file name');
  }

  #unfit(path: ByteString, why: string): GitkubeError {
    const name = plain(textOfBytes(path), 300);
    return new GitkubeError('ContextInvalid', `'${name}' in the build context '${this.#options.path}' ${why}`, {
      hint: 'rename or delete it, or exclude it with a .dockerignore',
    });
  }

  #tooManyEntries(): GitkubeError {
    return this.#tooLarge(count(this.#options.limits.maxContextEntries, 'entry', 'entries'));
  }

  #tooLarge(limit: string): GitkubeError {
    return new GitkubeError('ContextTooLarge', `the build context '${this.#options.path}' is over ${limit}`, {
      hint: 'exclude what the build does not need with a .dockerignore, or set path of the container to a smaller folder',
    });
  }
}
