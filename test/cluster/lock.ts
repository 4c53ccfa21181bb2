import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RigError } from './rig-error.ts';

// A process that waited for a lock file that its holder then removed has locked nothing, and begins again.
const holder = `
while :; do
  exec 9>"$1" && flock 9 || exit 1
  [ "$1" -ef /proc/self/fd/9 ] && break
done
echo locked
cat >/dev/null
rm -f "$1"`;

/**
 * Runs `work` while this process alone holds the lock `file`; another holder is waited for. A child with flock(1) holds it
 * and ends with its standard input, so that the lock is free again however this process ends.
 */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  onWait: () => void = () => undefined,
): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  // Detached: Ctrl-C is for this process, which still has to clean up under the lock.
  const child = spawn('sh', ['-c', holder, 'lock', file], { detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const waiting = setTimeout(onWait, 300);
  try {
    const [answer] = await Promise.race([once(child.stdout, 'data'), ended]);
    if (!Buffer.isBuffer(answer)) throw new RigError(`the lock ${file} cannot be taken`);
    clearTimeout(waiting);
    return await work();
  } finally {
    clearTimeout(waiting);
    child.stdin.end();
    await ended;
  }
}
