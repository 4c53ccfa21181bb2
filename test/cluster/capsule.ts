import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
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

/** A capsule that ends with this process, however this process ends, unless it is to stay. */
export interface NewCapsule extends Capsule {
  stay(): Promise<void>;
}

export interface CapsuleOptions {
  readonly stateDir: string;
  /** Programs that run in the capsule may lie here. */
  readonly cacheDir: string;
  /** The cgroup.procs files of the control groups that its processes belong to. */
  readonly cgroupFiles: readonly string[];
}

export async function createCapsule(options: CapsuleOptions): Promise<NewCapsule> {
  const { stateDir, cacheDir, cgroupFiles } = options;
  const script = join(import.meta.dirname, 'capsule-init.sh');
  // slave: what the host unmounts later, for example a disk, is unmounted here, too.
  const namespaces = ['--fork', '--pid', '--mount', '--propagation=slave', '--net', '--ipc', '--uts'];
  const args = [...namespaces, 'sh', script, stateDir, cacheDir, ...cgroupFiles];
  const child = spawn('unshare', args, { detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  const errors: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  const line = await firstLine(child.stdout);
  const capsule = findCapsule(stateDir);
  if (line === undefined || capsule === undefined) {
    throw new RigError('the namespaces for the cluster cannot be created', {
      evidence: errors,
      hint: ['this needs root and, in a container, --privileged'],
    });
  }
  // What is left of the connection to the child must not keep this process running.
  child.unref();
  for (const stream of [child.stdout, child.stderr]) stream.destroy();
  if (child.stdin instanceof Socket) child.stdin.unref();
  const stay = () =>
    new Promise<void>((resolve, reject) => {
      child.stdin.write('stay\n', (error) => (error ? reject(error) : resolve()));
    });
  return { ...capsule, stay };
}

/** The capsule of a state folder, if it lives. */
export function findCapsule(stateDir: string): Capsule | undefined {
  const file = join(stateDir, 'init');
  const init = existsSync(file) ? parseStat(readFileSync(file, 'utf8')) : undefined;
  return init !== undefined && isAlive(init) ? { init } : undefined;
}

async function firstLine(stream: Readable): Promise<string | undefined> {
  for await (const line of createInterface({ input: stream })) return line;
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
  await until(`the end of process ${init.pid}`, { timeoutMs: 60_000 }, () => !isAlive(init));
}
