import type { Gitkube } from '../../test/support/gitkube.ts';
import { Project } from '../../test/support/project.ts';
import { median } from '../compare.ts';
import { describeHolding, holdingOf, timedPush } from './measure.ts';

/** Many pushes to one Remote, each a release: what grows, and whether the last ones take longer than the first. */
export async function benchInARow(gitkube: Gitkube, pushes: number): Promise<void> {
  await using project = await Project.create(gitkube);
  await timedPush(project);
  const times: number[] = [];
  const share = Math.max(1, Math.floor(pushes / 10));
  console.log(`${pushes} pushes in a row, each a release`);
  for (let push = 1; push <= pushes; push++) {
    await project.commit(`push ${push}`);
    times.push(await timedPush(project));
    if (push === share) console.log(`  after ${push}: ${describeHolding(await holdingOf(gitkube))}`);
  }
  const [first, last] = [median(times.slice(0, share)), median(times.slice(-share))];
  console.log(`  after ${pushes}: ${describeHolding(await holdingOf(gitkube))}`);
  console.log(
    `  the last tenth against the first: ${(last / first).toFixed(2)} (${last.toFixed(0)} ms, ${first.toFixed(0)} ms)`,
  );
}
