import type { Gitkube } from '../../test/support/gitkube.ts';
import { openFiles, residentMegabytes } from '../../test/support/processes.ts';
import { Project } from '../../test/support/project.ts';
import { median } from '../compare.ts';

const many = 200;
const runs = 7;

/** 200 logged-in connections that do nothing: their memory, and what `git ls-remote` takes beside them. */
export async function benchConnections(gitkube: Gitkube): Promise<void> {
  await using project = await Project.create(gitkube);
  await project.push();
  const alone = await lsRemote(project);
  const before = { megabytes: residentMegabytes(gitkube.pid), files: openFiles(gitkube.pid) };
  using connections = new DisposableStack();
  for (let i = 0; i < many; i++) connections.use(await project.connect());
  const grown = residentMegabytes(gitkube.pid) - before.megabytes;
  const files = openFiles(gitkube.pid) - before.files;
  const beside = await lsRemote(project);
  console.log(
    `${many} idle connections: ${((grown * 1024) / many).toFixed(0)} kB and ${(files / many).toFixed(1)} files each`,
  );
  console.log(`  git ls-remote beside them: ${(beside / alone).toFixed(2)} of its time without`);
}

/** Milliseconds, the median of some runs. */
async function lsRemote(project: Project): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await project.git('ls-remote', project.url);
    times.push(performance.now() - start);
  }
  return median(times);
}
