import type { Gitkube } from '../test/support/gitkube.ts';
import { Project, type PushAddress } from '../test/support/project.ts';
import { deployByHand } from './by-hand.ts';
import { type Comparison, compare } from './compare.ts';

/** From a committed change to the new version running, against the same commands typed by hand. */
export async function benchDeploy(address: PushAddress): Promise<Comparison[]> {
  await using project = await Project.create(address, {
    deployments: ['www', 'hand'],
    spec: { deployments: [{ name: 'www', containers: [{ name: 'www', path: 'www' }] }] },
  });
  const push = async () => {
    const { code, output } = await project.push();
    if (code !== 0) throw new Error(output);
  };
  const changed = await compare({
    name: 'one file changed',
    rival: 'by hand',
    runs: 21,
    prepare: async (run) => {
      for (const folder of ['www', 'hand']) await project.writeApp(folder, `${folder} ${run}`);
      await project.commit(`change ${run}`);
    },
    ours: push,
    theirs: (run) => deployByHand(project, 'hand', `change-${run}`),
  });
  const unchanged = await compare({
    name: 'nothing changed',
    rival: 'by hand',
    runs: 15,
    prepare: async (run) => void (await project.commit(`nothing ${run}`)),
    ours: push,
    theirs: () => deployByHand(project, 'hand', 'change-21'),
  });
  return [changed, unchanged];
}

/** The phases of one push that changes a file, and of one that changes nothing, as the server's log has them. */
export async function benchPhases(gitkube: Gitkube): Promise<string[]> {
  await using project = await Project.create(gitkube);
  await project.push();
  await project.writeApp('www', 'changed');
  await project.commit('changed');
  const changed = await phasesOf(gitkube, project);
  await project.commit('nothing');
  const unchanged = await phasesOf(gitkube, project);
  const names = ['receive', 'queue', 'check', 'build', 'accept', 'rollout', 'refs', 'git and ssh'];
  return names.map((name) => `| ${name} | ${cell(changed[name])} | ${cell(unchanged[name])} |`);
}

const cell = (ms: number | undefined) => `${Math.round(ms ?? 0)} ms`;

async function phasesOf(gitkube: Gitkube, project: Project): Promise<Record<string, number>> {
  const start = performance.now();
  const { code, output } = await project.push();
  if (code !== 0) throw new Error(output);
  const total = performance.now() - start;
  const line = gitkube.log.findLast((entry) => entry.includes('"msg":"push finished"')) ?? '{}';
  const { phases } = JSON.parse(line) as { phases: Record<string, number> };
  const known = Object.values(phases).reduce((sum, ms) => sum + ms, 0);
  return { ...phases, 'git and ssh': total - known };
}
