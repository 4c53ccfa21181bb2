import { eventually } from '../support/eventually.ts';
import type { Project } from '../support/project.ts';
import type { Standing } from './cell.ts';
import type { World } from './world.ts';

/** Ten seconds, on a machine that is five times slower. */
const mostMs = 50_000;

/** Cancels the deploy that is held. Where nothing but the deploy itself waits, it is over before it is released. */
export async function cancel(world: World, standing: Standing): Promise<() => Promise<void>> {
  const { gitkube, project } = world;
  if (standing.isWatch) return cancelWatch(project);
  const id = await eventually(() => idOf(world, standing.commit));
  const isTaken = async () => gitkube.log.some((line) => line.includes('"cancel of a deploy"') && line.includes(id));
  const started = performance.now();
  const cancelling = project.ssh('cancel', world.id, id);
  const answered = cancelling.then(({ code, output }) => {
    const ms = Math.round(performance.now() - started);
    if (ms > mostMs) throw new Error(`the cancel took ${ms} ms`);
    return { code, output, ms };
  });
  await (standing.isInServer ? Promise.race([answered, eventually(isTaken)]) : answered);
  return async () => {
    const { code, output } = await answered;
    const pushed = await standing.pushing;
    if ((code === 0) !== (pushed.code === 1)) throw new Error(`the cancel ends with ${code}: ${output}`);
  };
}

/** Where no deploy is under way, a cancel is that of the watch. */
async function cancelWatch(project: Project): Promise<() => Promise<void>> {
  const { code, output } = await project.ssh('cancel', `${project.namespace}/app`);
  if (code !== 0) throw new Error(`the cancel ends with ${code}: ${output}`);
  return async () => {};
}

interface Deploy {
  readonly id: string;
  readonly commit: string;
}

/** Of the newest deploy of a commit. */
async function idOf({ project, id }: World, commit: string): Promise<string | undefined> {
  const { stdout } = await project.ssh('deploys', id, '--json');
  return (JSON.parse(stdout) as Deploy[]).find((deploy) => deploy.commit === commit)?.id;
}
