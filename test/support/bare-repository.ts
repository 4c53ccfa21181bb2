import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { git } from '../../server/git/git-command.ts';
import type { ReleaseRecord } from '../../server/git/release.ts';
import { Repositories } from '../../server/git/repositories.ts';
import type { Repository } from '../../server/git/repository.ts';

const author = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a' };

/** A repository of a Remote with two commits, of which `main` is at the first. */
export class BareRepository implements AsyncDisposable {
  readonly repository: Repository;
  readonly old: string;
  readonly next: string;
  readonly #data: string;

  private constructor(data: string, repository: Repository, old: string, next: string) {
    this.#data = data;
    this.repository = repository;
    this.old = old;
    this.next = next;
  }

  static async create(): Promise<BareRepository> {
    const data = await mkdtemp(join(tmpdir(), 'gitkube-bare-'));
    const repository = await new Repositories(data).open('ns', 'app');
    const cwd = repository.path;
    const tree = (await git(['mktree'], { cwd, input: '' })).trim();
    const commit = async (...more: string[]) =>
      (await git(['commit-tree', tree, '-m', 'x', ...more], { cwd, env: author })).trim();
    const old = await commit();
    const next = await commit('-p', old);
    await git(['update-ref', 'refs/heads/main', old], { cwd });
    return new BareRepository(data, repository, old, next);
  }

  git(...args: string[]): Promise<string> {
    return git(args, { cwd: this.repository.path, env: author });
  }

  record(changes: Partial<ReleaseRecord> = {}): ReleaseRecord {
    return {
      release: 1,
      remote: 'ns/app',
      branch: 'main',
      commit: this.next,
      how: 'push',
      by: { key: 'a', fingerprint: 'SHA256:a' },
      at: new Date(0).toISOString(),
      images: [],
      seconds: { build: 0, push: 0, rollout: 0, total: 0 },
      ...changes,
    };
  }

  /** Where branch and tag are, as words. */
  async refs(): Promise<string> {
    const branch = (await this.repository.heads()).get('main');
    this.repository.forgetHistory();
    const { releases } = await this.repository.history();
    const where = branch === this.old ? 'old' : branch === this.next ? 'next' : (branch ?? 'missing');
    return `main ${where}, ${releases.length > 0 ? `releases/${releases.map(({ number }) => number)}` : 'no release'}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#data, { recursive: true, force: true });
  }
}
