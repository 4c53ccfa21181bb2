import { expect, it } from 'vitest';
import type { Task } from '../../../remote-crd/index.ts';
import { planTasksOf } from './plan-tasks.ts';

const smoke = { name: 'smoke', stage: 'Verify', onlyIfChanged: [], onRollback: true } as unknown as Task;
const of = (deployment: string) => ({ ...smoke, from: { kind: 'Deployment', deployment, container: 'app' } }) as Task;
const release = { number: 3, record: { images: [{ deployment: 'www', container: 'app' }] } };

async function planned(task: Task, dryRun = false) {
  const said: string[] = [];
  const reports = { skipped: (_: unknown, { name }: Task, why: string) => said.push(`reported: ${name}, ${why}`) };
  const facts = {
    ...{ remote: { tasks: [task] }, origin: { kind: 'release', release }, revision: {}, trigger: { kind: 'rollback' } },
    ...{ options: { dryRun }, repository: { releases: async () => [release] } },
    output: { say: (line: string) => said.push(line) },
  };
  const tasks = await planTasksOf.run(facts as never, { tasks: { enabled: true, reports } } as never);
  return { said, tasks };
}

it('a check of a container that the release does not have is skipped, and the deploy says so', async () => {
  const why = 'releases/3 has no image of api/app';
  expect(await planned(of('api'))).toEqual({
    said: [`task smoke: skipped, ${why}`, `reported: smoke, ${why}`],
    tasks: { tasks: [{ task: of('api'), skipped: why }], ahead: [] },
  });
  expect(await planned(of('www'))).toEqual({ said: [], tasks: { tasks: [{ task: of('www') }], ahead: [] } });
  expect((await planned(of('api'), true)).said).toEqual([]);
});
