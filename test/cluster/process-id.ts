import { readFileSync } from 'node:fs';

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks from the start of the machine to the start of the process: field 22 of /proc/<pid>/stat, proc(5). */
  readonly startTime: string;
}

/** The process with this number that lives now. Undefined when there is none, or only a zombie. */
export function processId(pid: number, procfs = '/proc'): ProcessId | undefined {
  const stat = read(`${procfs}/${pid}/stat`);
  return stat === undefined ? undefined : parseStat(stat);
}

/** The process that a line of /proc/<pid>/stat is about, unless it is a zombie. */
export function parseStat(stat: string): ProcessId | undefined {
  const { state, startTime } = fieldsOf(stat);
  return state === 'Z' || startTime === undefined ? undefined : { pid: Number.parseInt(stat, 10), startTime };
}

export function isAlive(id: ProcessId): boolean {
  return processId(id.pid)?.startTime === id.startTime;
}

/**
 * Whether nothing of a process is left. One that is killed shows as a zombie as soon as its first thread has ended, while
 * its other threads may still hold its ports and files: a large program needs a tenth of a second and more to release them.
 */
export function isGone(id: ProcessId, procfs = '/proc'): boolean {
  const stat = read(`${procfs}/${id.pid}/stat`);
  return stat === undefined || fieldsOf(stat).startTime !== id.startTime;
}

function fieldsOf(stat: string): { state: string | undefined; startTime: string | undefined } {
  // The second field is the program's name in parentheses and may hold anything, further parentheses included.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0], startTime: fields[19] };
}

export function ownProcessId(): ProcessId {
  const own = processId(process.pid);
  if (own === undefined) throw new Error('/proc is not mounted');
  return own;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
