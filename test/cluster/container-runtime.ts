import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { quote } from './kubectl.ts';
import { findProgram } from './packages.ts';

/**
 * The program that makes the containers of pods: crun where this machine has it, for it takes less than half of runc's
 * processor time, and every pod needs it several times. A container that it cannot create goes to runc, whose words
 * are what most clusters show.
 *
 * @param folder where the program may be written
 */
export async function containerRuntime(folder: string): Promise<string> {
  const crun = findProgram('crun');
  if (crun === undefined) return 'runc';
  const file = join(folder, 'runtime');
  await writeFile(file, crunElseRunc(quote(crun)), { mode: 0o755 });
  return file;
}

/** containerd reads the last error of the log that both write to. */
function crunElseRunc(crun: string): string {
  return `#!/bin/sh
for word; do
  if [ "$word" = create ]; then
    ${crun} "$@" && exit
    exec runc "$@"
  fi
done
exec ${crun} "$@"
`;
}
