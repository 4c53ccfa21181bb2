import { randomUUID } from 'node:crypto';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Check, Finding } from './finding.ts';
import { fail, ok, warn } from './finding.ts';

const scarceBytes = 1024 ** 3;
const emptyBytes = 100 * 1024 ** 2;

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
      if (code === 'ENOSPC') return [judgeSpace(folder, 0, home)];
      const fix =
        config.GITKUBE_SERVICE === undefined
          ? [`chown -R ${user} ${folder}`]
          : [`kubectl -n ${home} get pvc`, `chown -R ${user} <folder of the volume>   where its storage is`];
      return [fail(`the data folder ${folder} cannot be written (${code})`, ...fix)];
    }
    const { bavail, bsize } = await statfs(folder);
    return [judgeSpace(folder, bavail * bsize, home)];
  },
};

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
