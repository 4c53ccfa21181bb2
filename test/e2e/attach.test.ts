/** A commit that is pushed again: while it is deployed, and afterwards. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { FreezableEngine } from '../support/freezable-engine.ts';
import { Gate } from '../support/gate.ts';
import { Gitkube } from '../support/gitkube.ts';
import { outputWith } from '../support/output-with.ts';
import { descendants } from '../support/processes.ts';
import { appDockerfile, Project } from '../support/project.ts';
import { rig } from '../support/rig.ts';

let engine: FreezableEngine;
let gitkube: Gitkube;

beforeAll(async () => {
  engine = await FreezableEngine.start(rig().engine);
  gitkube = await Gitkube.start({ GITKUBE_ENGINE: engine.host });
});
afterAll(async () => {
  await gitkube[Symbol.asyncDispose]();
  await engine[Symbol.asyncDispose]();
});

/** A push whose build waits at the gate. */
async function pushToGate(project: Project, gate: Gate, after = '') {
  await project.writeApp('www', 'new', appDockerfile(`RUN ${gate.pass}${after}`));
  await project.commit('waits in its build');
  return project.push();
}

/** git, and ssh, which would stay until there is something to send to git. */
function killClient(project: Project): void {
  const isClient = ({ command }: { command: string }) =>
    command.includes(project.url) || command.includes(`git-receive-pack '/${project.namespace}/app'`);
  for (const { pid } of descendants(process.pid).filter(isClient)) process.kill(pid, 'SIGKILL');
}

function pushAgain(project: Project) {
  const { seen, onOutput } = outputWith('Joined deploy');
  return { seen, pushing: project.tryGit(['push', project.url, 'HEAD:main'], { onOutput }) };
}

const deploysOf = async (project: Project) => JSON.parse((await project.ssh('deploys', '--json')).stdout);

it('joins its deploy where the first client was killed: same output and verdict, and nothing is built twice', async () => {
  await using project = await Project.create(gitkube);
  await using gate = await Gate.make();
  const before = engine.builds;
  const killed = pushToGate(project, gate);
  await gate.reached;
  killClient(project);
  await killed;
  const again = pushAgain(project);
  await again.seen;
  gate.open();
  const { output, code } = await again.pushing;
  expect(output).toMatch(/remote: Joined deploy \w{10} of main \w{7} by id@test, which began .* ago: its output/);
  expect(output).toMatch(
    /remote: Gitkube: [\s\S]*building www with[\s\S]*1 image built and pushed[\s\S]*remote: Released releases\/1: /,
  );
  expect(output).toMatch(/\* \[new branch\] +HEAD -> main/);
  expect([code, engine.builds - before]).toEqual([0, 1]);
  expect(await project.page()).toContain('new');
  await eventually(async () => (await deploysOf(project))[0].verdict.result === 'released');
  expect(await deploysOf(project)).toMatchObject([{ trigger: { kind: 'push' }, joined: [{ name: 'id@test' }] }]);

  const later = await project.push();
  const [{ id }] = await deploysOf(project);
  const runs = `runs releases/1, main \\w{7} by id@test since \\S+Z\n  output of that deploy: (ssh .*) output ${project.namespace}/app ${id}\n`;
  const standing = new RegExp(
    `^Gitkube: ${project.namespace}/app ${runs}  if git rejects .*\n  to put .*\n  to replace .*\nEverything up-to-date\n$`,
  );
  expect(later.output).toMatch(standing);
  expect(standing.exec(later.output)?.[1]).toBe(`ssh -p ${new URL(project.url).port} git@127.0.0.1`);
  expect([later.code, engine.builds - before]).toEqual([0, 1]);
});

it('is rejected with its deploy, and deployed again later, with a line about how the last one ended', async () => {
  await using project = await Project.create(gitkube, { replicas: 0 });
  await using gate = await Gate.make();
  const first = pushToGate(project, gate, ' && exit 7');
  await gate.reached;
  const again = pushAgain(project);
  await again.seen;
  gate.open();
  const verdict = (output: string) => output.replace(/^[\s\S]*?(?=remote: error: )/, '');
  const [one, other] = await Promise.all([first, again.pushing]);
  expect(verdict(other.output)).toBe(verdict(one.output));
  expect([one.code, other.code]).toEqual([1, 1]);
  await project.writeApp('api', 'unused');
  const later = await project.push();
  expect(later.output).toMatch(/remote: The last deploy of this commit \(\w{10}\) failed at \S+Z: BuildFailed: /);
  expect(later.output).not.toContain('Joined deploy');
});
