import { randomUUID } from 'node:crypto';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FILES_OF_A_PUSH, freeFiles } from '../../server/git/room.ts';
import type { Check, Finding } from './finding.ts';
import { fail, ok, warn } from './finding.ts';

const scarceBytes = 1024 ** 3;
const emptyBytes = 100 * 1024 ** 2;
const scarceFiles = 10 * FILES_OF_A_PUSH;

export const data: Check = {
  name: 'data',
  alone: true,
  run: async ({ config, home }) => {
    const folder = config.GITKUBE_DATA;
    const probe = join(folder, `.doctor-${randomUUID()}`);
    try {
      await writeFile(probe, '', { flag: 'wx' });
      await rm(probe);
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException;
      const user = `${process.getuid?.() ?? '<user>'}:${process.getgid?.() ?? '<group>'}`;
      if (code === 'ENOENT')
        return [
          fail(
            `the data folder ${folder} does not exist`,
            `install -d -o ${user.replace(':', ' -g ')} -m 0750 ${folder}`,
          ),
        ];
      if (code === 'ENOSPC') {
        const disk = await statfs(folder).catch(() => undefined);
        return [(disk && judgeFiles(folder, disk)) ?? judgeSpace(folder, 0, home)];
      }
      const fix =
        config.GITKUBE_SERVICE === undefined
          ? [`chown -R ${user} ${folder}`]
          : [`kubectl -n ${home} get pvc`, `where its storage is, type: chown -R ${user} <folder of the volume>`];
      return [fail(`the data folder ${folder} cannot be written (${code})`, ...fix)];
    }
    const disk = await statfs(folder);
    return [judgeFiles(folder, disk) ?? judgeSpace(folder, disk.bavail * disk.bsize, home)];
  },
};

/** Undefined: there is room for more files. */
export function judgeFiles(
  folder: string,
  disk: { readonly files: number; readonly ffree: number },
): Omit<Finding, 'check'> | undefined {
  const free = freeFiles(disk);
  if (free >= scarceFiles) return undefined;
  const message = `${free} of ${disk.files} inodes are free on the disk of ${folder}`;
  const fix = [`du --inodes -xs ${folder}/* | sort -n | tail`, `df -i ${folder}`];
  return free < FILES_OF_A_PUSH ? fail(`${message}: no push is taken`, ...fix) : warn(message, ...fix);
}

export function judgeSpace(folder: string, freeBytes: number, home: string): Omit<Finding, 'check'> {
  const free =
    freeBytes >= 1024 ** 3 ? `${(freeBytes / 1024 ** 3).toFixed(1)} GiB` : `${Math.floor(freeBytes / 1024 ** 2)} MiB`;
  const message = `${folder} can be written, ${free} free`;
  if (freeBytes >= scarceBytes) return ok(message);
  const fix = [
    `du -xsh ${folder}/* | sort -h | tail`,
    `kubectl -n ${home} patch pvc gitkube -p '{"spec":{"resources":{"requests":{"storage":"<more>"}}}}'`,
  ];
  return freeBytes >= emptyBytes ? warn(message, ...fix) : fail(`${folder} is full: ${free} free`, ...fix);
}
