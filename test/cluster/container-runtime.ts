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
 * @param unified where cgroup v2 would be beside v1, which crun refuses: runc takes all then
 */
export async function containerRuntime(folder: string, unified = '/sys/fs/cgroup/unified'): Promise<string> {
  const crun = findProgram('crun');
  if (crun === undefined) return 'runc';
  const file = join(folder, 'runtime');
  await writeFile(file, crunElseRunc(quote(crun), quote(unified)), { mode: 0o755 });
  return file;
}

/** containerd reads the last error of the log that both write to. What runc has created has its state under the root. */
function crunElseRunc(crun: string, unified: string): string {
  return `#!/bin/sh
[ -e ${unified}/cgroup.procs ] && exec runc "$@"
create='' root='' last=''
for word; do
  [ "$last" = --root ] && root=$word
  [ "$word" = create ] && create=yes
  [ -n "$root" ] && [ -e "$root/$word/state.json" ] && exec runc "$@"
  last=$word
done
if [ -n "$create" ]; then
  ${crun} "$@" && exit
  exec runc "$@"
fi
exec ${crun} "$@"
`;
}
