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
  // The second field is the program's name in parentheses and may hold anything, further parentheses included.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const startTime = fields[19];
  return fields[0] === 'Z' || startTime === undefined ? undefined : { pid: Number.parseInt(stat, 10), startTime };
}

export function isAlive(id: ProcessId): boolean {
  return processId(id.pid)?.startTime === id.startTime;
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
