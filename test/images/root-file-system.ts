import { chmod, copyFile, cp, mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { busyboxProgram } from '../cluster/base-image.ts';
import { run } from '../cluster/run.ts';

/** A user of an image beside root. */
export interface User {
  readonly name: string;
  readonly id: number;
  readonly home: string;
}

/** Busybox under all of its names, where every program is found, and the files that name the users. */
export async function layBusybox(root: string, { name, id, home }: User): Promise<void> {
  for (const folder of ['bin', 'etc', 'lib', 'lib64', 'usr/local/bin', 'usr/lib', 'root', 'var', `.${home}`]) {
    await mkdir(join(root, folder), { recursive: true });
  }
  await mkdir(join(root, 'tmp'));
  // mkdir(2) would leave out what the umask of this process takes.
  await chmod(join(root, 'tmp'), 0o1777);
  await symlink('../bin', join(root, 'usr/bin'));
  await copyFile(busyboxProgram, join(root, 'bin/busybox'));
  const applets = (await run(busyboxProgram, ['--list'])).trim().split('\n');
  for (const applet of applets.filter((each) => each !== 'busybox'))
    await symlink('busybox', join(root, 'bin', applet));
  const users = `root:x:0:0:root:/root:/bin/sh\n${name}:x:${id}:${id}:${name}:${home}:/bin/sh\n`;
  await writeFile(join(root, 'etc/passwd'), users);
  await writeFile(join(root, 'etc/group'), `root:x:0:\n${name}:x:${id}:\n`);
}

/** Copies the shared libraries of this machine that a program needs to where the loader looks for them. */
export async function layLibraries(root: string, program: string): Promise<void> {
  const listed = await run('ldd', [program]);
  const libraries = [...listed.matchAll(/^\s*(?:\S+ => )?(\/lib\S+) \(0x/gm)].map(([, file = '']) => file);
  for (const file of new Set(libraries)) {
    await mkdir(join(root, dirname(file)), { recursive: true });
    await cp(await realpath(file), join(root, file));
  }
}
