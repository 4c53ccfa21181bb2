import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { must } from '../../test/support/command.ts';
import type { Gitkube } from '../../test/support/gitkube.ts';
import { openFiles, residentMegabytes } from '../../test/support/processes.ts';
import type { Project } from '../../test/support/project.ts';

/** What a server holds at one moment. */
export interface Holding {
  readonly megabytes: number;
  readonly files: number;
  /** Of its data folder. */
  readonly diskMegabytes: number;
}

export async function holdingOf({ pid, dataFolder }: Gitkube): Promise<Holding> {
  const [kilobytes = '0'] = (await must('du', ['-sk', dataFolder])).split('\t');
  return { megabytes: residentMegabytes(pid), files: openFiles(pid), diskMegabytes: Number(kilobytes) / 1024 };
}

export function describeHolding({ megabytes, files, diskMegabytes }: Holding): string {
  return `${megabytes.toFixed(0)} MB of memory, ${files} open files, ${diskMegabytes.toFixed(1)} MB on disk`;
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
