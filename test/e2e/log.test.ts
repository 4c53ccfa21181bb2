import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Gitkube } from '../support/gitkube.ts';
import { appDockerfile, Project } from '../support/project.ts';

let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start();
});
afterAll(() => gitkube[Symbol.asyncDispose]());

interface Line {
  readonly msg: string;
  readonly push?: string;
  readonly remote?: string;
}

it('one id leads through all lines of a push, also those of the deployer, and pushes side by side are not mixed up', async () => {
  await using first = await Project.create(gitkube);
  await using second = await Project.create(gitkube);
  const crash = async (project: Project) => {
    await project.push();
    await project.writeApp('www', 'www 2', appDockerfile('', 'exit 1'));
    await project.commit('crashes');
    return project.push();
  };
  for (const { code } of await Promise.all([crash(first), crash(second)])) expect(code).toBe(1);

  // What a server logs is read beside what its clients print.
  await eventually(async () => gitkube.log.filter((line) => line.includes('"push finished"')).length === 4);
  const lines = gitkube.log.map((line) => JSON.parse(line) as Line);
  for (const { namespace } of [first, second]) {
    const ids = new Set(lines.flatMap(({ remote, push }) => (remote === `${namespace}/app` && push) || []));
    expect(ids.size).toBe(2);
    const [, crashed] = ids;
    const story = lines.filter(({ push }) => push === crashed);
    expect(story.map(({ msg }) => msg)).toEqual(
      expect.arrayContaining(['push began', 'workload restored', 'push refused', 'push finished']),
    );
    expect(new Set(story.map(({ remote }) => remote))).toEqual(new Set([`${namespace}/app`]));
  }
});
