import { once } from 'node:events';
import { Gate } from '../../test/support/gate.ts';
import type { Gitkube } from '../../test/support/gitkube.ts';
import { residentMegabytes } from '../../test/support/processes.ts';
import { appDockerfile, Project } from '../../test/support/project.ts';
import type { RawSsh } from '../../test/support/raw-ssh.ts';
import { median } from '../compare.ts';
import { describeHolding, holdingOf } from './measure.ts';

const readers = 8;
const stalled = 2;
const lines = 100_000;
const runs = 3;

/** A push that prints 8 MB, with ten followers of whom two read nothing, and without them: its time, and memory. */
export async function benchFollowers(gitkube: Gitkube): Promise<void> {
  await using project = await Project.create(gitkube);
  const alone: number[] = [];
  for (let run = 0; run < runs; run++) alone.push(await push(project, `alone ${run}`));
  const before = await holdingOf(gitkube);
  const beside: number[] = [];
  let most = 0;
  using timer = new DisposableStack();
  const looking = setInterval(() => (most = Math.max(most, residentMegabytes(gitkube.pid))), 50);
  timer.defer(() => clearInterval(looking));
  for (let run = 0; run < runs; run++) beside.push(await pushFollowed(project, `followed ${run}`));
  console.log(`a push of ${lines} lines with ${readers + stalled} followers, ${stalled} of them stalled`);
  console.log(`  ${(median(beside) / median(alone)).toFixed(2)} of its time without`);
  console.log(`  before: ${describeHolding(before)}`);
  console.log(`  after:  ${describeHolding(await holdingOf(gitkube))}; ${most.toFixed(0)} MB at the most`);
}

/** Milliseconds from the first of the lines to the end of the push. */
async function push(project: Project, page: string, follow?: () => Promise<unknown>): Promise<number> {
  await using gate = await Gate.make();
  const print = `RUN ${gate.pass}; yes ${'0123456789'.repeat(8)} | head -n ${lines}`;
  await project.writeApp('www', page, appDockerfile(print));
  await project.commit(page);
  const pushing = project.push();
  await gate.reached;
  await follow?.();
  const start = performance.now();
  gate.open();
  const { code, output } = await pushing;
  if (code !== 0) throw new Error(output);
  return performance.now() - start;
}

async function pushFollowed(project: Project, page: string): Promise<number> {
  using connections = new DisposableStack();
  const ends: Promise<unknown>[] = [];
  const time = await push(project, page, async () => {
    stall(connections.use(await project.connect()));
    const reading = connections.use(await project.connect());
    const all = await Promise.all(Array.from({ length: readers }, () => reading.exec('output')));
    ends.push(...all.map(({ channel, output }) => Promise.all([once(channel, 'exit'), output])));
  });
  await Promise.all(ends);
  return time;
}

/** Channels that take the first lines and never more: a terminal whose user has pressed Ctrl-S. */
function stall({ protocol }: RawSsh): void {
  for (let channel = 0; channel < stalled; channel++) {
    protocol.session(channel, 1024, 1024);
    protocol.exec(channel, 'output', true);
  }
}
