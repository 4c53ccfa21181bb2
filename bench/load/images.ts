import type { Gitkube } from '../../test/support/gitkube.ts';
import { Project } from '../../test/support/project.ts';
import { type Comparison, compare } from '../compare.ts';
import { timedPush } from './measure.ts';

const names = Array.from({ length: 20 }, (_, index) => `part-${index}`);

/** One of twenty images changed and pushed, against the only image of a Remote changed and pushed. */
export async function benchImages(gitkube: Gitkube): Promise<Comparison> {
  await using many = await Project.create(gitkube, { deployments: names });
  await using one = await Project.create(gitkube);
  // Awaited here: what is `using` ends with this function.
  return await compare({
    name: 'one of 20 images changed',
    rival: 'the only image changed',
    runs: 5,
    prepare: async (run) => {
      await many.writeApp('part-7', `part-7 ${run}`);
      await one.writeApp('www', `www ${run}`);
      for (const project of [many, one]) await project.commit(`change ${run}`);
    },
    ours: async () => void (await timedPush(many)),
    theirs: async () => void (await timedPush(one)),
  });
}
