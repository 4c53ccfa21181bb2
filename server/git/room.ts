import { statfs } from 'node:fs/promises';
import { again } from '../../base/again.ts';
import { diskFull, GitkubeError } from '../../base/errors.ts';
import { exitCodeOf } from './failure.ts';
import { ifMissing } from './missing.ts';

/** Less than this is a full disk: a ref, its lock and the folders of both take that. */
const FULL_BYTES = 64 * 1024;
/** Of a push: git unpacks one of up to a thousand objects into files, in 256 folders. */
export const FILES_OF_A_PUSH = 1500;

/** What statfs(2) says of a disk. */
export interface Disk {
  readonly bavail: number;
  readonly bsize: number;
  readonly files: number;
  readonly ffree: number;
}

/**
 * @throws DiskFull when less than so many bytes, or too few files for a push, are free on the disk of this folder; one that
 * is not there yet is no problem
 */
export async function requireFree(folder: string, minBytes: number): Promise<void> {
  const disk = await statfs(folder).catch(ifMissing(undefined));
  if (!disk) return;
  if (disk.bavail * disk.bsize < minBytes) throw diskFull();
  if (freeFiles(disk) < FILES_OF_A_PUSH) throw noInodes(disk);
}

/** git does not always say that there was no room: `couldn't write HEAD.lock` may be all. */
export async function withoutRoom(folder: string, error: unknown): Promise<unknown> {
  if (exitCodeOf(error) === undefined) return error;
  const disk = await statfs(folder).catch(() => undefined);
  if (!disk) return error;
  if (freeFiles(disk) === 0) return noInodes(disk, error);
  return disk.bavail * disk.bsize < FULL_BYTES ? diskFull(error) : error;
}

/** How many inodes are left. A file system without a limit (btrfs, many over a network) says 0 of 0. */
export function freeFiles({ files, ffree }: Pick<Disk, 'files' | 'ffree'>): number {
  return files > 0 ? ffree : Number.POSITIVE_INFINITY;
}

function noInodes({ ffree, files }: Disk, cause?: unknown): GitkubeError {
  const message = `the disk of the server has no room for more files: ${ffree} of its ${files} inodes are free`;
  return new GitkubeError('DiskFull', message, {
    hint: `${again} once the operator has deleted files there, or moved them to a volume with more inodes: df -i`,
    cause,
  });
}
