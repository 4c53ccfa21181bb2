import { isUtf8 } from 'node:buffer';
import { posix } from 'node:path';
import { plain } from '../../base/text.ts';
import type { SourceTree } from '../types.ts';

type Entry = NonNullable<Awaited<ReturnType<SourceTree['entry']>>>;

/** Where a path leads through the symlinks of the commit; or why to nothing, in words that follow `no file 'x'`. */
export type Resolved = { readonly path: string; readonly entry: Entry } | { readonly why: string };

/** As many as Linux follows: path_resolution(7). */
const maxLinks = 40;
const maxTargetBytes = 4095;

const words: Readonly<Record<Entry['kind'], string>> = {
  tree: 'a folder',
  blob: 'a file',
  symlink: 'a symlink',
  submodule: 'a submodule',
};

/**
 * Follows symlinks as `docker build` does on a checkout, but never out of the repository.
 * @param path relative to the root of the repository
 */
export async function resolvePath(source: SourceTree, path: string, kind: 'blob' | 'tree'): Promise<Resolved> {
  const direct = await source.entry(path);
  if (direct?.kind === kind) return { path, entry: direct };
  const found = await new LinkWalk(source, path).end();
  return 'why' in found || found.entry.kind === kind ? found : { why: `: it is ${words[found.entry.kind]}` };
}

class LinkWalk {
  readonly #source: SourceTree;
  #steps: readonly string[];
  #links = 0;
  /** The last symlink on the way, for people. */
  #link = '';

  constructor(source: SourceTree, path: string) {
    this.#source = source;
    this.#steps = stepsOf(path);
  }

  async end(): Promise<Resolved> {
    let here: { readonly path: string; readonly entry: Entry } = { path: '.', entry: await this.#root() };
    for (;;) {
      const [step, ...rest] = this.#steps;
      if (step === undefined) return here;
      this.#steps = rest;
      if (here.entry.kind !== 'tree') return this.#stop(`: '${here.path}' is ${words[here.entry.kind]}`);
      if (step === '..' && here.path === '.') return this.#stop(', which is not in the commit');
      const path: string = posix.join(here.path, step);
      const entry = await this.#source.entry(path);
      if (entry?.kind === 'symlink') {
        const refused = await this.#follow(path, entry.oid);
        if (refused) return refused;
      } else if (entry !== undefined) here = { path, entry };
      else if (here.path !== '.') return this.#stop(this.#missingIn(here.path));
      else return this.#stop(this.#link === '' ? '' : ', which is not in the commit');
    }
  }

  /** The rest of the way goes on from the folder of the symlink. */
  async #follow(path: string, oid: string): Promise<Resolved | undefined> {
    const target = await this.#source.readBlob(oid, maxTargetBytes).catch(() => Buffer.alloc(0));
    const text = isUtf8(target) ? target.toString('utf8') : '';
    this.#link = `: '${path}' is a symlink to '${plain(text, 200)}'`;
    if (text === '' || text.includes('\0')) return { why: `: '${path}' is a symlink that cannot be followed` };
    if (text.startsWith('/')) return this.#stop(', which is not in the commit');
    if (++this.#links > maxLinks) return this.#stop(', after more than 40 others');
    this.#steps = [...stepsOf(text), ...this.#steps];
    return undefined;
  }

  async #root(): Promise<Entry> {
    return (await this.#source.entry('.')) as Entry;
  }

  #missingIn(folder: string): string {
    return this.#link === '' ? ` (folder '${folder}' exists)` : `: folder '${folder}' does not have it`;
  }

  #stop(why: string): Resolved {
    return { why: `${this.#link}${why}` };
  }
}

function stepsOf(path: string): string[] {
  return path.split('/').filter((step) => step !== '' && step !== '.');
}
