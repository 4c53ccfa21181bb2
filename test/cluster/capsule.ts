import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isAlive, type ProcessId, parseStat } from './process-id.ts';
import { RigError } from './rig-error.ts';
import { until } from './until.ts';

/**
 * The namespaces that a rig lives in. Several capsules on one machine do not see each other, and killing the first
 * process of one is the whole of cleaning up after its processes, mounts, interfaces and packet filter rules.
 */
export interface Capsule {
  readonly init: ProcessId;
}

export interface CapsuleOptions {
  readonly stateDir: string;
  /** Programs that run in the capsule may lie here. */
  readonly cacheDir: string;
  readonly log: string;
  /** True: the capsule ends with this process, however that ends. False: it stays until it is killed. */
  readonly owned: boolean;
}

export async function createCapsule({ stateDir, cacheDir, log, owned }: CapsuleOptions): Promise<Capsule> {
  const script = join(import.meta.dirname, 'capsule-init.sh');
  const logFile = openSync(log, 'a');
  const args = ['--fork', '--pid', '--mount', '--net', '--ipc', '--uts', 'sh', script, owned ? 'owned' : 'free'];
  const child = spawn('unshare', [...args, stateDir, cacheDir], {
    detached: true,
    stdio: [owned ? 'pipe' : 'ignore', 'pipe', logFile],
  });
  closeSync(logFile);
  child.on('error', () => undefined);
  const line = await firstLine(child);
  // What is left of the connection to the child must not keep this process running.
  child.unref();
  child.stdout?.destroy();
  if (child.stdin instanceof Socket) child.stdin.unref();
  const capsule = findCapsule(stateDir);
  if (line === undefined || capsule === undefined) {
    throw new RigError('the namespaces for the cluster cannot be made', {
      hint: [`see ${log}`, 'this needs root and, in a container, --privileged'],
    });
  }
  return capsule;
}

/** The capsule of a state folder, if it lives. */
export function findCapsule(stateDir: string): Capsule | undefined {
  const file = join(stateDir, 'init');
  const init = existsSync(file) ? parseStat(readFileSync(file, 'utf8')) : undefined;
  return init !== undefined && isAlive(init) ? { init } : undefined;
}

async function firstLine(child: ChildProcess): Promise<string | undefined> {
  if (child.stdout === null) return undefined;
  for await (const line of createInterface({ input: child.stdout })) return line;
  return undefined;
}

/** The start of a command line that runs what follows it inside the capsule. */
export function inside({ init }: Capsule): readonly [string, ...string[]] {
  return ['nsenter', `--target=${init.pid}`, '--mount', '--net', '--pid', '--ipc', '--uts', '--'];
}

/** /proc as processes in the capsule see it, for example to look at a process by its number there. */
export function procOf({ init }: Capsule): string {
  return `/proc/${init.pid}/root/proc`;
}

/** Ends everything in the capsule. The first process is gone only after all others are: pid_namespaces(7). */
export async function destroyCapsule({ init }: Capsule): Promise<void> {
  if (!isAlive(init)) return;
  process.kill(init.pid, 'SIGKILL');
  await until(`the end of process ${init.pid}`, { timeoutMs: 15_000 }, () => !isAlive(init));
}
