/** `npm run bench:tasks`: what each stage of tasks adds to a push. GITKUBE_TEST_RIG names a cluster that runs already. */
import { Gitkube } from '../test/support/gitkube.ts';
import { setup } from '../test/support/global-setup.ts';
import { Project } from '../test/support/project.ts';
import { type Comparison, compare, table } from './compare.ts';

const noOp = (stage: string) => ({ name: stage.toLowerCase(), stage, command: ['true'] });

/** A push that changes a file, with a task of each of these stages that does nothing, against the same without tasks. */
async function benchStages(gitkube: Gitkube, stages: readonly string[]): Promise<Comparison> {
  await using plain = await Project.create(gitkube);
  await using withTasks = await Project.create(gitkube, { spec: { tasks: stages.map(noOp) } });
  return await compare({
    name: `one file changed, ${stages.join(', ')}`,
    rival: 'the same without tasks',
    runs: 7,
    prepare: async (run) => {
      for (const project of [withTasks, plain]) {
        await project.writeApp('www', `${project.namespace} ${run}`);
        await project.commit(`change ${run}`);
      }
    },
    ours: () => pushOf(withTasks),
    theirs: () => pushOf(plain),
  });
}

async function pushOf(project: Project): Promise<void> {
  const { code, output } = await project.push();
  if (code !== 0) throw new Error(output);
}

const end = await setup();
try {
  await using gitkube = await Gitkube.start({ GITKUBE_TASKS: 'on' });
  const comparisons: Comparison[] = [];
  for (const stages of [['Test'], ['Migrate'], ['Verify'], ['Test', 'Migrate', 'Verify']]) {
    comparisons.push(await benchStages(gitkube, stages));
  }
  console.log(table(comparisons));
} finally {
  await end?.();
}
