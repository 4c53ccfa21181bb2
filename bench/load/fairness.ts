import { target } from '../../test/support/app.ts';
import { eventually } from '../../test/support/eventually.ts';
import type { Gitkube } from '../../test/support/gitkube.ts';
import { Project } from '../../test/support/project.ts';
import { median } from '../compare.ts';
import { timedPush } from './measure.ts';

const many = 40;
const runs = 5;

/**
 * One push of a namespace while most of forty pushes of another one wait for a place: how long it takes against the same
 * push alone, and how many of the forty have ended before it.
 */
export async function benchFairness(gitkube: Gitkube): Promise<void> {
  await using small = await Project.create(gitkube);
  await using large = await crowd(gitkube);
  await timedPush(small);
  const alone: number[] = [];
  for (let run = 1; run <= runs; run++) {
    await change(small, `alone ${run}`);
    alone.push(await timedPush(small));
  }
  await change(small, 'beside others');
  let ended = 0;
  const start = performance.now();
  const others = Array.from({ length: many }, async (_, index) => {
    await pushTo(large, `app-${index}`);
    ended++;
  });
  await eventually(async () => (await waiting(gitkube)) > many / 2);
  const endedBefore = ended;
  const beside = await timedPush(small);
  const overtaken = many - ended;
  await Promise.all(others);
  const all = performance.now() - start;
  console.log(`a push while ${many - endedBefore} of another namespace are under way, 4 at a time:`);
  console.log(
    `  ${(beside / median(alone)).toFixed(1)} of its time alone, ${(beside / all).toFixed(2)} of the time of all; ${overtaken} of them ended after it`,
  );
}

/** A namespace with as many Remotes, each with a Deployment of its own. */
async function crowd(gitkube: Gitkube): Promise<Project> {
  const names = Array.from({ length: many }, (_, index) => `part-${index}`);
  const project = await Project.create(gitkube, { deployments: names, spec: { deployments: [] } });
  const authorizedKeys = [await project.publicKey()];
  const remotes = names.map((name, index) => ({
    apiVersion: 'gitkube.sh/v1alpha1',
    kind: 'Remote',
    metadata: { name: `app-${index}`, namespace: project.namespace },
    spec: { authorizedKeys, deployments: [target(name, {})] },
  }));
  await project.apply(...remotes);
  return project;
}

async function change(project: Project, page: string): Promise<void> {
  await project.writeApp('www', page);
  await project.commit(page);
}

async function pushTo(project: Project, remote: string): Promise<void> {
  const url = project.url.replace(/app$/, remote);
  const { code, output } = await project.tryGit(['push', url, 'HEAD:main']);
  if (code !== 0) throw new Error(output);
}

/** How many pushes wait for their turn. */
async function waiting({ httpPort }: Gitkube): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text();
  return Number(/^gitkube_pushes_waiting (\d+)/m.exec(metrics)?.[1] ?? 0);
}
