import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header, type Pack, pack } from 'tar-stream';
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
  readonly onSent: (sent: { readonly bytes: number; readonly entries: number }) => void;
}

type EntryHeader = Pick<Header, 'name' | 'type' | 'size' | 'linkname' | 'mode' | 'mtime' | 'uid' | 'gid'>;

const maxPathLength = 4096;

/**
 * The build context as a tar: the archive of the commit's folder without what its ignore file names. Nothing but the
 * entry in hand is in memory. Modes are 0644 and 0755 and times are the commit's, so that the bytes depend on the commit
 * alone. Destroying the result ends the archive.
 */
export function contextStream(archive: Readable, options: ContextOptions): Readable {
  const out = pack();
  const source = extract();
  archive.on('error', (error) => source.destroy(error));
  const result = Readable.from(out, { objectMode: false });
  result.on('close', () => {
    archive.destroy();
    source.destroy();
    out.destroy();
  });
  archive.pipe(source);
  copyEntries(source, out, options).catch((error: unknown) => result.destroy(error as Error));
  return result;
}

async function copyEntries(source: ReturnType<typeof extract>, out: Pack, options: ContextOptions): Promise<void> {
  const replaced = new Set(options.extra.map(({ name }) => name));
  const gauge = new Gauge(options);
  const heldBack = new Map<string, EntryHeader>();
  for await (const entry of source) {
    const name = entry.header.name.replace(/^\.\//, '').replace(/\/+$/, '');
    const header = normalised(entry.header, name, options.mtime);
    if (name === '' || name === '.' || replaced.has(name)) entry.resume();
    else if (options.ignore?.ignores(name) && !options.keep.includes(name)) {
      if (header.type === 'directory') heldBack.set(name, header);
      entry.resume();
    } else {
      gauge.add(header);
      for (const folder of foldersAbove(name, heldBack)) out.entry(folder);
      await pipeline(entry, out.entry(header));
    }
  }
  for (const { name, content } of options.extra) {
    out.entry({ name, mode: 0o644, mtime: options.mtime }, content);
  }
  out.finalize();
  options.onSent(gauge);
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

/** Ignored folders that are needed after all, because something below them is not ignored. */
function foldersAbove(name: string, heldBack: Map<string, EntryHeader>): EntryHeader[] {
  const found: EntryHeader[] = [];
  for (let slash = name.indexOf('/'); slash !== -1 && heldBack.size > 0; slash = name.indexOf('/', slash + 1)) {
    const folder = name.slice(0, slash);
    const header = heldBack.get(folder);
    if (header) found.push(header);
    heldBack.delete(folder);
  }
  return found;
}

/** Counts what is sent, and stops at the limits: a small pack can hold a huge tree. */
class Gauge {
  bytes = 0;
  entries = 0;
  readonly #options: ContextOptions;

  constructor(options: ContextOptions) {
    this.#options = options;
  }

  add({ name, size }: EntryHeader): void {
    const { maxContextBytes, maxContextEntries } = this.#options.limits;
    this.bytes += size;
    this.entries += 1;
    if (this.bytes > maxContextBytes) throw this.#tooLarge(`${Math.round(maxContextBytes / 1e6)} MB`);
    if (this.entries > maxContextEntries)
      throw this.#tooLarge(count(maxContextEntries, 'file or folder', 'files and folders'));
    if (name.length > maxPathLength) throw this.#tooLarge(`${maxPathLength} characters in one path`);
  }

  #tooLarge(limit: string): GitkubeError {
    return new GitkubeError('ContextTooLarge', `the build context '${this.#options.path}' is over ${limit}`, {
      hint: 'leave out what the build does not need with a .dockerignore, or point the container at a smaller folder',
    });
  }
}
