import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { ByteString } from '../../base/byte-string.ts';
import { GitkubeError } from '../../base/errors.ts';
import type {
  ArchiveFormat,
  BlobContents,
  LfsFile,
  SourceTree,
  Submodule,
  WantedContents,
} from '../../builder/index.ts';
import { archiveTree } from './archive.ts';
import { openContents } from './blob-contents.ts';
import { type GitOptions, git } from './git-command.ts';
import { findLfsFiles } from './lfs-files.ts';
import { ObjectReader } from './object-reader.ts';
import { findSubmodules } from './submodules.ts';
import { findInTree, type ListedFile, parseListing, type TreeEntry } from './tree.ts';

/** Of the names of all files in a folder: how many there may be is for those to say who ask. */
const MAX_LISTING = 64 * 1024 * 1024;

/** A commit's files, read from git objects and never checked out. */
export class CommitSource implements SourceTree, Disposable {
  readonly commit: string;
  readonly commitTime: Date;
  /** Full ids of the commits before it. */
  readonly parents: readonly string[];
  readonly #tree: string;
  readonly #options: GitOptions;
  readonly #objects: ObjectReader;
  #lfsFiles: Promise<readonly LfsFile[]> | undefined;
  #submodules: Promise<readonly Submodule[]> | undefined;

  /**
   * @param quarantine the variables that make objects visible which the repository has not accepted yet
   * @param signal ends whatever git reads for it
   * @returns undefined when there is no such commit
   */
  static async open(
    repository: string,
    oid: string,
    quarantine: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<CommitSource | undefined> {
    const objects = new ObjectReader(repository, quarantine, signal);
    try {
      const { type, body, oid: commit = oid } = (await objects.read(oid)) ?? {};
      const options = { cwd: repository, env: quarantine, signal };
      if (type === 'commit' && body) return new CommitSource(options, objects, commit, headerOf(body));
    } catch (error) {
      objects[Symbol.dispose]();
      throw error;
    }
    objects[Symbol.dispose]();
    return undefined;
  }

  private constructor(options: GitOptions, objects: ObjectReader, commit: string, header: string) {
    this.commit = commit;
    this.commitTime = new Date(Number(/^committer .* (\d+) [+-]\d{4}$/m.exec(header)?.[1] ?? 0) * 1000);
    this.#tree = /^tree ([0-9a-f]+)$/m.exec(header)?.[1] ?? '';
    this.parents = [...header.matchAll(/^parent ([0-9a-f]+)$/gm)].map(([, oid = '']) => oid);
    this.#options = options;
    this.#objects = objects;
  }

  /** Where a branch of the repository is at this moment. */
  async branchHead(branch: string): Promise<string | undefined> {
    return (await this.#objects.read(`refs/heads/${branch}`))?.oid;
  }

  async entry(path: string): Promise<TreeEntry | undefined> {
    let entry: TreeEntry = { kind: 'tree', oid: this.#tree };
    for (const name of path === '.' ? [] : path.split('/')) {
      if (entry.kind !== 'tree') return undefined;
      const tree = await this.#objects.read(entry.oid);
      if (tree && !tree.body) throw new GitkubeError('ContextTooLarge', `a folder has ${tree.size} bytes of names`);
      const found = tree?.body && findInTree(tree.body, name, entry.oid.length / 2);
      if (!found) return undefined;
      entry = found;
    }
    return entry;
  }

  async readBlob(oid: string, maxBytes: number): Promise<Buffer> {
    const blob = await this.#objects.read(oid, maxBytes);
    if (blob?.type !== 'blob') throw new GitkubeError('GitFailed', `no blob ${oid}`);
    if (blob.body) return blob.body;
    throw new GitkubeError('ContextTooLarge', `a file has ${blob.size} bytes, more than ${maxBytes}`);
  }

  /** Everything below a folder but the folders themselves; paths are relative to it. */
  async list(path: string): Promise<readonly ListedFile[]> {
    const treeish = path === '.' ? this.#tree : `${this.#tree}:${path}`;
    const options = { ...this.#options, encoding: 'latin1', maxBytes: MAX_LISTING } as const;
    const output = await git(['ls-tree', '-r', '-l', '-z', '--full-tree', treeish], options);
    return parseListing(output as ByteString);
  }

  archive(tree: string, format: ArchiveFormat, contents?: BlobContents): Readable {
    return archiveTree(tree, format, this.#options, contents);
  }

  lfsFiles(): Promise<readonly LfsFile[]> {
    this.#lfsFiles ??= findLfsFiles(this.#tree, this.#options, this.#objects);
    return this.#lfsFiles;
  }

  get lfsFolder(): string {
    return join(this.#options.cwd, 'lfs');
  }

  submodules(): Promise<readonly Submodule[]> {
    this.#submodules ??= this.entry('.gitmodules').then((modules) =>
      modules?.kind === 'blob' ? findSubmodules(this.#tree, modules.oid, this.#options) : [],
    );
    return this.#submodules;
  }

  openContents(wanted: WantedContents): Promise<BlobContents & AsyncDisposable> {
    const folders = { files: this.lfsFolder, modules: join(this.#options.cwd, 'modules') };
    return openContents(folders, wanted, this.#options);
  }

  [Symbol.dispose](): void {
    this.#objects[Symbol.dispose]();
  }
}

/** What comes before the message, in which anything may stand. */
function headerOf(commit: Buffer): string {
  const end = commit.indexOf('\n\n');
  return commit.toString('utf8', 0, end === -1 ? undefined : end);
}
