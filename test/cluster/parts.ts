import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Capsule, inside, procOf } from './capsule.ts';
import { joinFiles } from './cgroups.ts';
import { isGone, type ProcessId, processId } from './process-id.ts';
import { RigError } from './rig-error.ts';
import { run } from './run.ts';
import { until } from './until.ts';

/** What every part of a rig is given. */
export interface Rig {
  readonly stateDir: string;
  /** The name of its control groups. */
  readonly cgroup: string;
  readonly capsule: Capsule;
}

/** A daemon of a rig. `name` also names its log and its pid file. */
export interface Part {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
}

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

// The shell is gone at once; the daemon becomes a child of the capsule's first process.
const launcher = `
exec </dev/null >>"$1" 2>&1
pid_file=$2
shift 2
while [ "$1" != -- ]; do
  { echo 0 >"$1"; } 2>/dev/null
  shift
done
shift
setsid "$@" &
echo $! >"$pid_file"`;

/** Starts a daemon inside the capsule. Its environment is its own, not that of the person who calls, but for GOGC. */
export async function startPart(rig: Rig, part: Part): Promise<void> {
  const temporary = join(rig.stateDir, 'tmp');
  for (const folder of ['logs', 'run', 'tmp']) await mkdir(join(rig.stateDir, folder), { recursive: true });
  const [enter, ...args] = inside(rig.capsule);
  const files = [logOf(rig.stateDir, part.name), pidFileOf(rig.stateDir, part.name), ...(await joinFiles(rig.cgroup))];
  await run(enter, [...args, 'sh', '-c', launcher, part.name, ...files, '--', ...part.command], {
    env: { PATH: path, HOME: temporary, TMPDIR: temporary, ...garbageCollection(), ...part.env },
  });
  // The command as it was started, so that the same can be started again.
  await writeFile(join(rig.stateDir, 'run', `${part.name}.json`), JSON.stringify(part));
}

/** Kills a daemon and waits until it is gone, so that its ports are free. */
export async function killPart(rig: Rig, name: string): Promise<void> {
  const id = partProcess(rig, name);
  if (id === undefined) return;
  const [enter, ...args] = inside(rig.capsule);
  await run(enter, [...args, 'kill', '-9', String(id.pid)]);
  await until(`the end of ${name}`, { timeoutMs: 60_000 }, () => isGone(id, procOf(rig.capsule)));
}

/** Starts a daemon again with the command that it was started with. */
export async function startPartAgain(rig: Rig, name: string): Promise<void> {
  const part = JSON.parse(readFileSync(join(rig.stateDir, 'run', `${name}.json`), 'utf8')) as Part;
  await startPart(rig, part);
}

/** The process of a part, by its number inside the capsule. Undefined when it does not run. */
export function partProcess(rig: Rig, name: string): ProcessId | undefined {
  return processId(Number(readIfThere(pidFileOf(rig.stateDir, name)) ?? -1), procOf(rig.capsule));
}

/** Waits until a part answers; gives up as soon as its process has ended. */
export async function untilAnswers<T>(
  rig: Rig,
  name: string,
  check: () => Promise<T | undefined | false>,
  timeoutMs = 60_000,
): Promise<T> {
  const guard = () => {
    if (partProcess(rig, name) !== undefined) return;
    throw new RigError(`${name} has ended`, { evidence: lastLogLines(rig, name), hint: [logHint(rig, name)] });
  };
  return until(`an answer of ${name}`, { timeoutMs, guard, evidence: () => lastLogLines(rig, name) }, check);
}

export function logOf(stateDir: string, name: string): string {
  return join(stateDir, 'logs', `${name}.log`);
}

function lastLogLines(rig: Rig, name: string): string[] {
  return (readIfThere(logOf(rig.stateDir, name)) ?? '').trimEnd().split('\n').slice(-8);
}

function logHint(rig: Rig, name: string): string {
  return `see ${logOf(rig.stateDir, name)}`;
}

function pidFileOf(stateDir: string, name: string): string {
  return join(stateDir, 'run', `${name}.pid`);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** How eagerly Go collects garbage, where the caller has a wish (https://pkg.go.dev/runtime#hdr-Environment_Variables). */
function garbageCollection(): Record<string, string> {
  const { GOGC } = process.env;
  return GOGC === undefined ? {} : { GOGC };
}
