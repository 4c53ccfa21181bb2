import { Readable } from 'node:stream';
import { extract, type Header, type Pack, pack } from 'tar-stream';
import { bytesOfText } from '../base/byte-string.ts';
import { GitkubeError } from '../base/errors.ts';
import { count } from '../base/text.ts';
import type { DockerIgnore } from './dockerignore.ts';

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
  /** Files that are sent instead of, or beside, those of the archive. */
  readonly extra: readonly { readonly name: string; readonly content: Buffer }[];
  readonly mtime: Date;
  readonly limits: ContextLimits;
}

type EntryHeader = Pick<Header, 'name' | 'type' | 'size' | 'linkname' | 'mode' | 'mtime' | 'uid' | 'gid'>;

const maxPathLength = 4096;
const endOfTar = 1024;
const nothing = Buffer.alloc(0);

/**
 * The build context as a tar: the archive of the commit's folder without what its ignore file names. Nothing but the
 * entry in hand is in memory. Modes are 0644 and 0755 and times are the commit's, so that the bytes depend on the commit
 * alone. Destroying the result ends the archive.
 */
export function contextStream(archive: Readable, options: ContextOptions): Readable {
  const out = pack();
  const source = extract();
  const result = Readable.from(out, { objectMode: false });
  for (const stream of [out, source, archive]) stream.on('error', () => {});
  archive.on('error', (error) => source.destroy(error));
  archive.on('close', () => {
    if (!archive.readableEnded) source.destroy(endedEarly(options));
  });
  result.on('close', () => {
    archive.destroy();
    source.destroy();
    out.destroy();
  });
  const complete = endsLikeTar(archive);
  archive.pipe(source);
  copyEntries(source, out, options)
    .then(() => {
      if (!complete()) throw endedEarly(options);
      for (const { name, content } of options.extra) out.entry({ name, mode: 0o644, mtime: options.mtime }, content);
      out.finalize();
    })
    .catch((error: unknown) => result.destroy(error as Error));
  return result;
}

/** A tar ends in two empty blocks; without them, git died on the way. */
function endsLikeTar(archive: Readable): () => boolean {
  let tail: Buffer = Buffer.alloc(0);
  archive.on('data', (chunk: Buffer) => {
    tail = (chunk.length < endOfTar ? Buffer.concat([tail, chunk]) : chunk).subarray(-endOfTar);
  });
  return () => tail.length === endOfTar && tail.every((byte) => byte === 0);
}

function endedEarly({ path }: ContextOptions): GitkubeError {
  return new GitkubeError('GitFailed', `git archive of '${path}' ended early`);
}

/** Resolves when every entry of the archive is through. Streams' own pipes: a third of the time of promises. */
function copyEntries(source: ReturnType<typeof extract>, out: Pack, options: ContextOptions): Promise<void> {
  const filter = new EntryFilter(options);
  return new Promise((resolve, reject) => {
    source.on('finish', resolve);
    source.on('error', reject);
    source.on('close', () => reject(endedEarly(options)));
    source.on('entry', (header, content, next) => {
      content.on('error', () => {});
      try {
        const sent = filter.take(header);
        const last = sent.pop();
        for (const folder of sent) out.entry(folder, nothing);
        if (last === undefined) content.on('end', next).resume();
        else if (last.size === 0) content.on('end', () => out.entry(last, nothing, next)).resume();
        else content.pipe(out.entry(last, next).on('error', () => {}));
      } catch (thrown) {
        source.destroy(thrown as Error);
      }
    });
  });
}

/** Decides what of the archive is sent, and stops at the limits: a small pack can hold a huge tree. */
class EntryFilter {
  readonly #options: ContextOptions;
  readonly #replaced: ReadonlySet<string>;
  readonly #keep: ReadonlySet<string>;
  /** Ignored folders that may still be needed, because something below them is not ignored. */
  readonly #heldBack = new Map<string, EntryHeader>();
  #bytes = 0;
  #entries = 0;

  constructor(options: ContextOptions) {
    this.#options = options;
    this.#replaced = new Set(options.extra.map(({ name }) => name));
    this.#keep = new Set(options.keep);
  }

  /** The entry as it is sent, after the folders that it needs; none when it is not sent. */
  take(header: Header): EntryHeader[] {
    const name = header.name.replace(/^\.\//, '').replace(/\/+$/, '');
    if (name === '' || name === '.' || this.#replaced.has(name)) return [];
    if (name.length > maxPathLength) throw this.#tooLarge(`${maxPathLength} characters in one path`);
    const entry = normalised(header, name, this.#options.mtime);
    if (this.#options.ignore?.ignores(bytesOfText(name)) && !this.#keep.has(name)) {
      if (entry.type === 'directory') this.#heldBack.set(name, entry);
      return [];
    }
    this.#count(entry);
    return [...this.#foldersAbove(name), entry];
  }

  #foldersAbove(name: string): EntryHeader[] {
    const found: EntryHeader[] = [];
    if (this.#heldBack.size === 0) return found;
    for (let slash = name.indexOf('/'); slash !== -1; slash = name.indexOf('/', slash + 1)) {
      const folder = this.#heldBack.get(name.slice(0, slash));
      if (folder) found.push(folder);
      this.#heldBack.delete(name.slice(0, slash));
    }
    return found;
  }

  #count({ size }: EntryHeader): void {
    const { maxContextBytes, maxContextEntries } = this.#options.limits;
    this.#bytes += size;
    this.#entries += 1;
    if (this.#bytes > maxContextBytes) throw this.#tooLarge(`${Math.round(maxContextBytes / 1e6)} MB`);
    if (this.#entries > maxContextEntries) throw this.#tooLarge(count(maxContextEntries, 'entry', 'entries'));
  }

  #tooLarge(limit: string): GitkubeError {
    return new GitkubeError('ContextTooLarge', `the build context '${this.#options.path}' is over ${limit}`, {
      hint: 'leave out what the build does not need with a .dockerignore, or point the container at a smaller folder',
    });
  }
}

function normalised(header: Header, name: string, mtime: Date): EntryHeader {
  const folder = header.type === 'directory';
  const mode = folder || ((header.mode ?? 0) & 0o100) !== 0 ? 0o755 : 0o644;
  return {
    name: folder ? `${name}/` : name,
    type: header.type ?? 'file',
    size: header.size ?? 0,
    linkname: header.linkname ?? null,
    mode,
    mtime,
    uid: 0,
    gid: 0,
  };
}
