import type { Gitkube } from '../../test/support/gitkube.ts';
import { Project } from '../../test/support/project.ts';
import { type Comparison, compare } from '../compare.ts';

const many = 10;
const names = Array.from({ length: many }, (_, index) => `place-${index}`);
const target = (name: string) => [{ name, containers: [{ name, path: 'www' }] }];

/** Ten environments of one Remote deployed at once, against ten Remotes deployed at once. */
export async function benchEnvironments(gitkube: Gitkube): Promise<Comparison> {
  const environments = names.map((name) => ({ name, branch: name, deployments: target(name) }));
  await using one = await Project.create(gitkube, { deployments: names, spec: { deployments: [], environments } });
  const remotes = await Promise.all(names.map(() => Project.create(gitkube)));
  try {
    // Awaited here: what is `using` ends with this function.
    return await compare({
      name: `${many} environments of one Remote at once`,
      rival: `${many} Remotes at once`,
      runs: 3,
      prepare: async (run) => {
        for (const project of [one, ...remotes]) {
          await project.writeApp('www', `page ${run}`);
          await project.commit(`change ${run}`);
        }
      },
      ours: async () => void (await Promise.all(names.map((name) => mustPush(one, name)))),
      theirs: async () => void (await Promise.all(remotes.map((project) => mustPush(project, 'main')))),
    });
  } finally {
    await Promise.all(remotes.map((project) => project[Symbol.asyncDispose]()));
  }
}

async function mustPush(project: Project, branch: string): Promise<void> {
  const { code, output } = await project.push(`HEAD:${branch}`);
  if (code !== 0) throw new Error(`the push of ${branch} failed: ${output}`);
}
