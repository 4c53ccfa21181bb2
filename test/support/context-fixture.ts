import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type ContextOptions, ContextTar } from '../../builder/context/context.ts';
import { DockerIgnore } from '../../builder/context/dockerignore.ts';
import { archiveTree } from '../../server/git/archive.ts';
import { DockerOracle, type TarEntry } from './docker-oracle.ts';

export type Mode = '100644' | '100755' | '120000' | '160000';
export type File = readonly [path: string | Buffer, content?: string | Buffer, mode?: Mode];

/** Build contexts of trees in a repository of their own, as Docker's library for tars reads them. */
export class ContextFixture implements AsyncDisposable {
  readonly mtime = new Date('2026-01-02T03:04:05Z');
  readonly limits = { maxContextBytes: 1000, maxContextEntries: 10 };
  readonly #folder = mkdtempSync(join(tmpdir(), 'gitkube-context-'));
  readonly #docker: DockerOracle;

  constructor() {
    this.git(['init', '-q', '--bare', '.']);
    this.#docker = new DockerOracle();
  }

  git(args: readonly string[], input?: Buffer): Buffer {
    return execFileSync('git', args, { cwd: this.#folder, input: input ?? '', maxBuffer: 1 << 30 });
  }

  /** Any tree that git can hold, by git fast-import; the id of the tree. */
  tree(files: readonly File[]): string {
    const parts: Buffer[] = [Buffer.from('commit refs/heads/x\ncommitter t <t> 0 +0000\ndata 0\n')];
    for (const [path, content = '', mode = '100644'] of files) {
      const quoted = Buffer.from(path)
        .toString('latin1')
        .replace(/["\\\n]/g, escaped);
      const submodule = mode === '160000';
      parts.push(Buffer.from(`M ${mode} ${submodule ? '1'.repeat(40) : 'inline'} "${quoted}"\n`, 'latin1'));
      if (!submodule)
        parts.push(Buffer.from(`data ${Buffer.byteLength(content)}\n`), Buffer.from(content), Buffer.from('\n'));
    }
    this.git(['fast-import', '--quiet', '--force'], Buffer.concat(parts));
    return this.git(['rev-parse', 'refs/heads/x^{tree}']).toString().trim();
  }

  archive(oid: string, change: Partial<ContextOptions> = {}): Readable {
    const { mtime, limits } = this;
    const options = { path: 'web', keep: ['Dockerfile'], extra: [], mtime, limits, ...change };
    return archiveTree(oid, new ContextTar(options), { cwd: this.#folder });
  }

  async read(oid: string, change: Partial<ContextOptions> = {}): Promise<TarEntry[]> {
    return this.#docker.readTar(await buffer(this.archive(oid, change)));
  }

  async entries(files: readonly File[], change: Partial<ContextOptions> = {}): Promise<TarEntry[]> {
    return this.read(this.tree(files), change);
  }

  async names(files: readonly File[], change: Partial<ContextOptions> = {}): Promise<string[]> {
    return (await this.entries(files, change)).map(({ path }) => path.toString());
  }

  blobOf(content: string | Buffer): string {
    return this.git(['hash-object', '--stdin', '--no-filters'], Buffer.from(content)).toString().trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#docker[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export function ignoring(text: string): DockerIgnore {
  return new DockerIgnore(Buffer.from(text));
}

const escaped = (char: string) => (char === '\n' ? '\\n' : `\\${char}`);
