import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { run } from '../../test/support/command.ts';
import type { Gitkube } from '../../test/support/gitkube.ts';
import { openFiles, residentMegabytes } from '../../test/support/processes.ts';
import type { Project } from '../../test/support/project.ts';
import { usedHeapMegabytes } from './used-heap.ts';

/** What a server holds at one moment. */
export interface Holding {
  /** In memory, with all that is not collected yet. */
  readonly megabytes: number;
  /** Once it is. */
  readonly withoutGarbage: number;
  /** Of the heap that are in use then: what grows here is a leak. */
  readonly heapMegabytes: number;
  /** With those of the inspector that collects. */
  readonly files: number;
  /** Of its data folder. */
  readonly diskMegabytes: number;
}

export async function holdingOf(gitkube: Gitkube): Promise<Holding> {
  const { pid, dataFolder } = gitkube;
  const megabytes = residentMegabytes(pid);
  const heapMegabytes = await usedHeapMegabytes(gitkube);
  // A file that is deleted while it is counted makes an error of it, and no difference.
  const { stdout } = await run('du', ['-sk', dataFolder]);
  const diskMegabytes = Number.parseInt(stdout, 10) / 1024;
  return { megabytes, withoutGarbage: residentMegabytes(pid), heapMegabytes, files: openFiles(pid), diskMegabytes };
}

export function describeHolding(holding: Holding): string {
  const { megabytes, withoutGarbage, heapMegabytes, files, diskMegabytes } = holding;
  const memory = `${megabytes.toFixed(0)} MB of memory, ${withoutGarbage.toFixed(0)} MB without garbage`;
  return `${memory} (heap in use ${heapMegabytes.toFixed(1)} MB), ${files} open files, ${diskMegabytes.toFixed(1)} MB on disk`;
}

/** Megabytes of a Node that does nothing. */
export async function emptyNode(): Promise<number> {
  const child = spawn(process.execPath, ['-e', "console.log('up'); process.stdin.resume()"], { stdio: 'pipe' });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  const megabytes = residentMegabytes(child.pid ?? 0);
  child.stdin.end();
  await ended;
  return megabytes;
}

/** Milliseconds of one push that has to succeed. */
export async function timedPush(project: Project): Promise<number> {
  const start = performance.now();
  const { code, output } = await project.push();
  if (code !== 0) throw new Error(output);
  return performance.now() - start;
}
