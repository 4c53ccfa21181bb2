import { existsSync } from 'node:fs';
import { chmod, type FileHandle, mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from './command.ts';
import { eventually } from './eventually.ts';

/**
 * Keeps the git that makes the tag of a release, once, by its reference-transaction hook (githooks(5)): the tag is locked and
 * not written yet.
 */
export class HeldRefs implements AsyncDisposable {
  readonly #folder: string;
  readonly #hooks: string;
  readonly #pipe: FileHandle;

  private constructor(folder: string, hooks: string, pipe: FileHandle) {
    this.#folder = folder;
    this.#hooks = hooks;
    this.#pipe = pipe;
  }

  /** @param repository the folder of the bare repository */
  static async make(repository: string): Promise<HeldRefs> {
    // Not in the repository: its disk may be full by then.
    const folder = await mkdtemp(join(tmpdir(), 'gitkube-held-'));
    const path = join(folder, 'pipe');
    await must('mkfifo', [path]);
    const hooks = join(repository, 'hooks');
    const hook = join(hooks, 'reference-transaction');
    const lines = [
      '#!/bin/sh',
      '[ "$1" = prepared ] || exit 0',
      `grep -q ' refs/tags/releases/' || exit 0`,
      `mkdir ${folder}/held || exit 0`,
      `read line < ${path}`,
      'exit 0',
    ];
    await mkdir(hooks, { recursive: true });
    await writeFile(hook, `${lines.join('\n')}\n`);
    await chmod(hook, 0o755);
    // For reading, too: to open it waits for nobody then.
    return new HeldRefs(folder, hooks, await open(path, 'r+'));
  }

  /** Resolves when git stands there. */
  async reached(): Promise<void> {
    await eventually(async () => existsSync(join(this.#folder, 'held')));
  }

  async release(): Promise<void> {
    await this.#pipe.write('go on\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pipe.close();
    for (const path of [this.#hooks, this.#folder]) await rm(path, { recursive: true, force: true });
  }
}
