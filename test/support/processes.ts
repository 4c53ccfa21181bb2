import { readdirSync, readFileSync } from 'node:fs';
import { must } from './command.ts';

export interface Process {
  readonly pid: number;
  readonly command: string;
}

/** The processes that `pid` has started, theirs before their own children; Linux only, as the local cluster is. */
export function descendants(pid: number): Process[] {
  const children = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && parentOf(entry) === pid)
    .map((entry) => ({ pid: Number(entry), command: commandOf(entry) }));
  return children.flatMap((child) => [child, ...descendants(child.pid)]);
}

/** False also for one that has ended and that nobody has asked for its exit code. */
export function isRunning(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== '' && !/^ [ZX]/.test(stat.slice(stat.lastIndexOf(')') + 1));
}

/** Megabytes in memory. */
export function residentMegabytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1024;
}

export function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** How many file descriptors a running process may have. */
export async function limitOpenFiles(pid: number, soft: number): Promise<void> {
  await must('prlimit', ['--pid', String(pid), `--nofile=${soft}:`]);
}

// The name of a program may hold blanks and brackets: what counts begins behind the last one.
function parentOf(pid: string): number {
  const stat = read(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
}

function commandOf(pid: string): string {
  return read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
}

/** Empty for a process that has just ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
