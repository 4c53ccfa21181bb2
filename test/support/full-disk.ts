import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from './command.ts';
import { eventually } from './eventually.ts';

/** A small disk of its own, which can be made full. */
export class FullDisk implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async mount(): Promise<FullDisk> {
    const folder = await mkdtemp(join(tmpdir(), 'gitkube-disk-'));
    await must('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', folder]);
    return new FullDisk(folder);
  }

  /** To its last block. */
  async fill(): Promise<void> {
    await must('sh', ['-c', `dd if=/dev/zero of=${this.#filler} bs=4096 2>/dev/null; test -s ${this.#filler}`]);
  }

  async free(): Promise<void> {
    await rm(this.#filler, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await eventually(() => must('umount', [this.folder]).then(() => true));
    await rm(this.folder, { recursive: true });
  }

  get #filler(): string {
    return join(this.folder, 'filler');
  }
}
