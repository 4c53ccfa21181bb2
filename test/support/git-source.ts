import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { GitkubeError } from '../../base/errors.ts';
import type { SourceTree } from '../../builder/types.ts';
import { archiveTree } from '../../server/git/archive.ts';
import { openContents } from '../../server/git/blob-contents.ts';
import { findLfsFiles } from '../../server/git/lfs-files.ts';
import { ObjectReader } from '../../server/git/object-reader.ts';
import { findSubmodules } from '../../server/git/submodules.ts';

/** A repository in a temporary folder, for tests that need real git objects. */
export class GitFixture implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'gitkube-source-'));

  constructor() {
    this.git('init', '-q', '-b', 'main');
  }

  git(...args: string[]): string {
    const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false'];
    return execFileSync('git', [...identity, ...args], { cwd: this.folder, encoding: 'utf8' }).trim();
  }

  /** Texts become plain files, bytes become programs. */
  write(files: Readonly<Record<string, string | Buffer>>): void {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, name)), { recursive: true });
      writeFileSync(join(this.folder, name), content, { mode: typeof content === 'string' ? 0o644 : 0o755 });
    }
  }

  /** Commits the work tree, with `files` written to it, and opens the commit as a source. */
  commit(files: Readonly<Record<string, string | Buffer>> = {}): SourceTree {
    this.write(files);
    this.git('add', '-A');
    this.git('commit', '-q', '--allow-empty', '-m', 'change');
    return this.source('HEAD');
  }

  source(revision: string): SourceTree {
    const commit = this.git('rev-parse', `${revision}^{commit}`);
    return {
      commit,
      commitTime: new Date(Number(this.git('show', '-s', '--format=%ct', commit)) * 1000),
      entry: async (path) => this.#entry(commit, path),
      readBlob: async (oid, maxBytes) => this.#readBlob(oid, maxBytes),
      archive: (tree, format, contents) => archiveTree(tree, format, { cwd: this.folder }, contents),
      lfsFiles: async () => {
        const options = { cwd: this.folder };
        using objects = new ObjectReader(this.folder, {});
        return await findLfsFiles(this.git('rev-parse', `${commit}^{tree}`), options, objects);
      },
      lfsFolder: join(this.folder, '.git/lfs'),
      submodules: async () => {
        const modules = this.#entry(commit, '.gitmodules');
        return modules ? findSubmodules(`${commit}^{tree}`, modules.oid, { cwd: this.folder }) : [];
      },
      openContents: (wanted) => {
        const folders = { files: join(this.folder, '.git/lfs'), modules: join(this.folder, '.git/modules') };
        return openContents(folders, wanted, { cwd: this.folder });
      },
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #entry(commit: string, path: string) {
    if (path === '.') return { kind: 'tree', oid: this.git('rev-parse', `${commit}^{tree}`) } as const;
    const line = this.git('--literal-pathspecs', 'ls-tree', commit, '--', path);
    const match = /^(\d+) (\w+) (\w+)\t/.exec(line);
    if (!match) return undefined;
    const [, mode, type, oid = ''] = match;
    if (type === 'tree') return { kind: 'tree', oid } as const;
    if (type === 'commit') return { kind: 'submodule', oid } as const;
    return { kind: mode === '120000' ? 'symlink' : 'blob', oid } as const;
  }

  #readBlob(oid: string, maxBytes: number): Buffer {
    const content = execFileSync('git', ['cat-file', 'blob', oid], { cwd: this.folder, maxBuffer: 1 << 30 });
    if (content.length <= maxBytes) return content;
    throw new GitkubeError('ContextTooLarge', `a file has ${content.length} bytes, more than ${maxBytes}`);
  }
}
