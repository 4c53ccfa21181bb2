import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { run } from '../support/command.ts';
import { descendants } from '../support/processes.ts';
import type { Victim } from './victim.ts';

/** All refs of a repository, a line each. */
export async function refsOf(victim: Victim, path = victim.path): Promise<string> {
  const listed = await run('git', ['--git-dir', victim.repository(path), 'for-each-ref', '--format=%(refname)']);
  return listed.stdout;
}

/** Paths of files and folders of its data whose name begins with this. */
export function left(victim: Victim, name: string): string[] {
  const all = readdirSync(victim.data, { recursive: true, encoding: 'utf8' });
  return all.filter((path) => basename(path).startsWith(name));
}

/** Whether it has taken an object. */
export async function hasObject(victim: Victim, oid: string): Promise<boolean> {
  return (await run('git', ['--git-dir', victim.repository(), 'cat-file', '-e', oid])).code === 0;
}

/** Bytes that its processes of this name have read so far. */
export function readByChildren(victim: Victim, command: string): number {
  const children = descendants(victim.pid).filter((child) => child.command.includes(command));
  return Math.max(0, ...children.map(({ pid }) => readBy(pid)));
}

function readBy(pid: number): number {
  try {
    return Number(/^rchar: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1] ?? 0);
  } catch {
    // It has just ended.
    return 0;
  }
}
