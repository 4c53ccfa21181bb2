import type { Gitkube } from '../../test/support/gitkube.ts';
import { Project } from '../../test/support/project.ts';
import { median } from '../compare.ts';
import { describeHolding, holdingOf, timedPush } from './measure.ts';

const many = 40;

/** Forty pushes to forty Remotes at once: each builds and rolls out. */
export async function benchAtOnce(gitkube: Gitkube): Promise<void> {
  const before = await holdingOf(gitkube);
  const alone = await timeAlone(gitkube);
  const projects = await Promise.all(Array.from({ length: many }, () => Project.create(gitkube)));
  try {
    const start = performance.now();
    const times = await Promise.all(projects.map(timedPush));
    const seconds = (performance.now() - start) / 1000;
    const each = `${(median(times) / 1000).toFixed(1)} s in the median, ${(Math.max(...times) / 1000).toFixed(1)} s at the most`;
    console.log(
      `${many} pushes to ${many} Remotes at once: all released in ${seconds.toFixed(1)} s, each after ${each}`,
    );
    const inTurn = (many * alone) / 1000;
    console.log(`  ${(seconds / inTurn).toFixed(2)} of the time that ${many} of them take one after the other`);
    console.log(`  before: ${describeHolding(before)}`);
    console.log(`  after:  ${describeHolding(await holdingOf(gitkube))}`);
  } finally {
    await Promise.all(projects.map((project) => project[Symbol.asyncDispose]()));
  }
}

/** Milliseconds of such a push when nobody else pushes, the median of some. */
async function timeAlone(gitkube: Gitkube): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < 3; run++) {
    await using project = await Project.create(gitkube);
    times.push(await timedPush(project));
  }
  return median(times);
}
