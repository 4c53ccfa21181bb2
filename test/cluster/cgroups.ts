import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from './until.ts';

const root = '/sys/fs/cgroup';

/**
 * Makes the control group of a rig in every hierarchy: one under cgroup v2, one for each controller under v1. Its
 * daemons, pods and builds each get a group below it, so that all of them can be found when the rig is taken down.
 */
export async function makeCgroups(name: string): Promise<void> {
  for (const hierarchy of await hierarchies()) {
    await passControllersOn(hierarchy);
    await mkdir(join(hierarchy, name), { recursive: true });
    await passControllersOn(join(hierarchy, name));
    await mkdir(join(hierarchy, name, 'daemons'), { recursive: true });
    await giveTime(join(hierarchy, name), 4);
    await giveTime(join(hierarchy, name, 'daemons'), 16);
  }
}

/**
 * By default a group has the processor time of a single process beside it: an API server in it answers late whenever tests
 * have much to do, and Events come half a minute after their probe.
 * @param processes as many as which it counts
 */
async function giveTime(group: string, processes: number): Promise<void> {
  const [shares, weight] = [join(group, 'cpu.shares'), join(group, 'cpu.weight')];
  if (existsSync(shares)) await writeFile(shares, `${processes * 1024}`);
  else if (existsSync(weight)) await writeFile(weight, `${processes * 100}`);
}

/** Kills whatever is in the group, and removes it and what is below it. */
export async function removeCgroups(name: string): Promise<void> {
  for (const hierarchy of await hierarchies()) {
    const path = join(hierarchy, name);
    if (!existsSync(path)) continue;
    // A group stays busy for a moment after its processes were killed.
    await until(`the removal of the control group ${path}`, { timeoutMs: 60_000 }, async () => {
      await killAndRemove(path);
      return true;
    });
  }
}

/** The files through which a process joins the daemons of a rig. */
export async function joinFiles(name: string): Promise<string[]> {
  return (await hierarchies()).map((hierarchy) => join(hierarchy, name, 'daemons/cgroup.procs'));
}

async function hierarchies(): Promise<string[]> {
  if (existsSync(join(root, 'cgroup.controllers'))) return [root];
  const entries = await readdir(root, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(root, entry.name));
}

/** cgroup v2 hides controllers from a group until its parent names them; v1 has no such file. */
async function passControllersOn(group: string): Promise<void> {
  const control = join(group, 'cgroup.subtree_control');
  if (!existsSync(control)) return;
  for (const controller of ['cpuset', 'cpu', 'io', 'memory', 'pids', 'hugetlb']) {
    // One that this machine lacks is refused, and not needed.
    await writeFile(control, `+${controller}`).catch(() => undefined);
  }
}

async function killAndRemove(path: string): Promise<void> {
  const pids = (await readFile(join(path, 'cgroup.procs'), 'utf8')).split('\n').filter(Boolean).map(Number);
  for (const pid of pids) if (pid > 1) killIfThere(pid);
  const entries = await readdir(path, { withFileTypes: true });
  for (const entry of entries) if (entry.isDirectory()) await killAndRemove(join(path, entry.name));
  await rmdir(path);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
