/** Tasks of a deploy: tests before it, migrations in it, checks after it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Gitkube } from '../support/gitkube.ts';
import { appDockerfile, Project } from '../support/project.ts';

let gitkube: Gitkube;
let project: Project;

beforeAll(async () => {
  gitkube = await Gitkube.start({ GITKUBE_TASKS: 'on' });
  project = await Project.create(gitkube);
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await gitkube[Symbol.asyncDispose]();
});

interface Job {
  readonly metadata: { readonly name: string };
  readonly status: { readonly active?: number };
  readonly spec: { readonly template: { readonly metadata: { readonly labels: Readonly<Record<string, string>> } } };
}

const sh = (script: string) => ['sh', '-c', script];
const deployments = [{ name: 'www', containers: [{ name: 'www', path: 'www' }] }];
const unit = { name: 'unit', stage: 'Test', command: sh('echo checks $(cat /www/index.html)') };
const schema = {
  ...{ name: 'schema', stage: 'Migrate', onlyIfChanged: ['schema'] },
  command: sh('echo $GITKUBE_TASK $GITKUBE_HOW $GITKUBE_RELEASE'),
  undo: sh('echo down to $GITKUBE_PREVIOUS_RELEASE'),
};
const smoke = { name: 'smoke', stage: 'Verify', command: sh('! grep -q broken /www/index.html') };

interface Pod {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
  readonly status: { readonly phase?: string };
}

function jobs(): Promise<readonly Job[]> {
  return project.list<Job>('/apis/batch/v1/jobs');
}

interface Status {
  readonly tasks?: readonly { readonly name: string; readonly state: string; readonly exitCode?: number }[];
  readonly conditions: readonly { readonly type: string; readonly reason: string; readonly message: string }[];
}

async function status(): Promise<Status> {
  return (await project.remote<{ readonly status: Status }>()).status;
}

/** Resolves when the status has tasks in these states. */
async function tasksAre(...states: string[]): Promise<void> {
  const known = async () => (await status()).tasks?.map(({ name, state }) => `${name} ${state}`).join();
  await eventually(async () => (await known()) === states.join());
}

async function setTasks(...tasks: object[]): Promise<void> {
  await project.applyRemote({ authorizedKeys: [await project.publicKey()], deployments, tasks });
}

async function pushPage(page: string) {
  await project.writeApp('www', page);
  await project.commit(page);
  return project.push();
}

it('run in their stages, are in the output and in the release, and leave no Job', async () => {
  await setTasks(unit, schema, smoke);
  await project.write('schema', '1');
  const { code, output } = await pushPage('one');
  expect(output).toMatch(
    /Test: 1 task, unit .*unit: checks one .*unit: succeeded in .*Migrate: 1 task, schema .*schema: schema push 1 .*www: rolled out .*Verify: 1 task, smoke .*smoke: succeeded in .*Released releases\/1/s,
  );
  expect(code).toBe(0);
  await tasksAre('unit Succeeded', 'schema Succeeded', 'smoke Succeeded');
  expect((await jobs()).filter(({ metadata }) => !metadata.name.includes('-schema-'))).toEqual([]);
  await project.git('fetch', project.url, '+refs/tags/*:refs/tags/*');
  const record = await project.git('cat-file', 'tag', 'releases/1');
  expect(record).toMatch(/tasks:\n {2}- name: unit\n {4}stage: Test\n {4}state: Succeeded\n {4}seconds: [\d.]+\n/);
});

it('that fail before anything is changed reject the push with what they have printed', async () => {
  await setTasks({ ...unit, command: sh('echo "Error: expected 1 to be 2"; exit 3') }, schema, smoke);
  const { code, output } = await pushPage('untested');
  expect(code).toBe(1);
  expect(output).toMatch(
    /\| {3}Error: expected 1 to be 2 .*error: task unit failed with exit code 3 after .*; nothing was changed.*exit code 3 after .*: Error: expected 1 to be 2\)/s,
  );
  await tasksAre('schema Skipped', 'unit Failed');
  expect((await status()).tasks).toContainEqual(expect.objectContaining({ name: 'unit', exitCode: 3 }));
  const shown = (await project.ssh('status')).output;
  expect(shown).toMatch(/Tasks: {6}task unit failed with exit code 3 .* \(Test, deploy [0-9a-f]+\)/);
  expect(await project.page()).toBe('one');
  expect(await project.git('ls-remote', project.url, 'main')).not.toContain(await project.git('rev-parse', 'HEAD'));
});

it('of stage Test are skipped with -o no-tests, and those of the same image, as are migrations of the same files', async () => {
  const skipped = await project.push('-o', 'no-tests', '-o', 'skip-deploy', 'HEAD:main');
  expect(skipped.output).toContain('task unit: skipped, push option no-tests');
  await setTasks(unit, schema, smoke);
  expect((await project.push('-o', 'skip-deploy', 'HEAD:main')).output).toContain('unit: checks untested');
  const { output } = await project.push();
  expect(output).toContain('unit: skipped, passed before with this image');
  expect(output).toContain('task schema: skipped, schema as in the last release');
  expect(output).toContain('Released releases/2');
});

it('run alone with what runs, for the person who asks for one over ssh', async () => {
  const alone = { ...unit, command: sh('echo $GITKUBE_HOW $(cat /www/index.html); exit 7') };
  await setTasks(alone, schema);
  const typo = await project.ssh('task', 'schem');
  expect(typo.output).toContain('app has no task schem\nhint: did you mean schema?\nhint: its tasks: unit, schema');
  expect(typo.code).toBe(125);
  const failed = await project.ssh('task', 'unit');
  expect(failed.output).toMatch(/unit: task untested\n[\s\S]*error: task unit failed with exit code 7 after /);
  expect(failed.code).toBe(7);
  await tasksAre('unit Failed');
  const ran = await project.ssh('task', `${project.namespace}/app`, 'schema');
  expect(ran.output).toMatch(/Task schema \(Migrate\), with what releases\/2 runs\n[\s\S]*schema: schema task 2\n/);
  expect(ran.code).toBe(0);
  await tasksAre('schema Succeeded');
  expect((await project.ssh('deploys')).output).toMatch(/ id@test +ran +/);
  expect(await project.kubectl('get', 'events')).toContain('id@test ran task schema with');
  await setTasks(unit, schema, smoke);
});

it('that fail when the version runs roll it back, and undo the migration with the new image', async () => {
  await project.write('schema', '2');
  const { code, output } = await pushPage('broken');
  expect(code).toBe(1);
  expect(output).toMatch(
    /smoke .*www: rolled back.*task schema: undoing it .*schema: down to 2 .*undo of task schema succeeded .*error: task smoke failed with exit code 1/s,
  );
  await tasksAre('unit Succeeded', 'schema Undone', 'smoke Failed');
  expect(await project.page()).toBe('untested');
});

it('do not run in a rollback, which says that migrations have run since', async () => {
  await project.write('schema', '3');
  expect((await pushPage('three')).output).toContain('Released releases/3');
  const { code, output } = await project.push('HEAD:refs/rollback/1');
  expect(output).toContain('the database may be ahead of the code');
  expect(output).toContain('is older than these migrations: schema in releases/3');
  expect(output).not.toContain('Migrate:');
  expect(output).toContain('Verify: 1 task, smoke');
  expect(code).toBe(0);
});

it('are not ended by a cancel where they migrate, unless by force, and what is left is said', async () => {
  await setTasks({ ...schema, onlyIfChanged: [], command: sh('sleep 3600') });
  await project.writeApp('www', 'held');
  await project.commit('held');
  const push = project.push();
  await eventually(async () => (await jobs()).some(({ status }) => status.active === 1));
  const cancel = project.ssh('cancel', `${project.namespace}/app`);
  await eventually(async () => gitkube.log.some((line) => line.includes('cancel of a deploy')));
  expect((await jobs()).filter(({ status }) => status.active === 1)).toHaveLength(1);
  const forced = await project.ssh('cancel', '--force', `${project.namespace}/app`);
  const left = 'task schema was ended by force: the database is between two versions: correct it by hand';
  expect(forced.output).toContain(`cancelled by id@test; ${left}; everything else is as before\n`);
  expect(await cancel).toMatchObject({ code: 1 });
  expect((await push).output).toContain(`! [remote rejected] HEAD -> main (cancelled by id@test; ${left})`);
  expect((await jobs()).filter(({ status }) => status.active === 1)).toEqual([]);
  await eventually(async () =>
    (await status()).conditions.some(({ reason, message }) => reason === 'EndedByForce' && message.includes(left)),
  );
  expect(await project.kubectl('get', 'events')).toContain('EndedByForce');
  expect((await project.push('-o', 'dry-run', 'HEAD:main')).output).toContain(`warning: of an earlier deploy: ${left}`);
  await setTasks({ ...schema, onlyIfChanged: [] });
  expect((await project.push()).output).toContain('Released releases/5');
  await eventually(async () => (await status()).conditions.every(({ type }) => type !== 'DatabaseAhead'));
});

it('go on when the server is killed: the next one waits for the end of a migration, and undoes it', async () => {
  await setTasks({ ...schema, onlyIfChanged: [], command: sh('until test -e /tmp/go; do sleep 0.2; done; echo done') });
  await project.writeApp('www', 'four');
  await project.commit('four');
  const push = project.push();
  const isActive = ({ status }: Job) => status.active === 1;
  await eventually(async () => (await jobs()).some(isActive));
  const [job] = (await jobs()).filter(isActive);
  const name = job?.metadata.name ?? '';
  // A Service would send requests to a pod with the labels of the workload.
  expect(Object.keys(job?.spec.template.metadata.labels ?? {})).not.toContain('app');
  const isRunning = ({ metadata, status }: Pod) => metadata.labels?.['job-name'] === name && status.phase === 'Running';
  await eventually(async () => (await project.list<Pod>('/api/v1/pods')).some(isRunning));
  await gitkube.kill();
  expect((await push).code).not.toBe(0);
  await gitkube.start();
  await project.kubectl('exec', `job/${name}`, '--', 'touch', '/tmp/go');
  await eventually(async () => (await jobs()).some(({ metadata }) => metadata.name === `${name}-undo`));
  await eventually(async () => (await project.kubectl('logs', `job/${name}-undo`)).includes('down to 5'));
  await tasksAre('schema Undone');
  expect(await project.page()).toBe('held');
});

it('of an image of their own test what no workload has, and are built only to run', async () => {
  const stages = appDockerfile().replace(/^FROM (\S+)/m, 'FROM $1 AS base');
  const dockerfile = `${stages}FROM base AS test\nCOPY suite /suite\nFROM base\n`;
  const build = { path: 'www', target: 'test' };
  const before = await project.image();
  await setTasks({ name: 'suite', stage: 'Test', build, command: sh('cat /suite; ! grep -q expected /suite') });
  const pushSuite = async (suite: string, ...options: string[]) => {
    await project.writeApp('www', suite, dockerfile);
    await project.write('www/suite', suite);
    await project.commit(suite);
    return project.push(...options);
  };
  const failed = await pushSuite('expected 2 to be 2');
  expect(failed.output).toMatch(
    /\| {3}expected 2 to be 2 .*error: task suite failed with exit code 1 .*; nothing was changed/s,
  );
  expect(await project.image()).toBe(before);
  const plan = await pushSuite('12 passing', '-o', 'dry-run', 'HEAD:main');
  expect(plan.output).toMatch(/task suite: would build www with www\/Dockerfile as \S+\.test_suite/);
  const untested = await project.push('-o', 'no-tests', '-o', 'skip-deploy', 'HEAD:main');
  expect(untested.output).not.toContain('task suite: building');
  const passed = await project.push();
  expect(passed.output).toMatch(/task suite: building www .*suite: 12 passing .*suite: succeeded in .*Released/s);
  expect(await project.kubectl('exec', 'deploy/www', '--', 'ls', '/')).not.toContain('suite');
  await project.git('fetch', project.url, '+refs/tags/*:refs/tags/*');
  const [newest = ''] = (await project.git('tag', '--sort=-creatordate')).split('\n');
  expect(await project.git('cat-file', 'tag', newest)).not.toContain('test_suite');
  await project.write('note', 'of nothing that is built');
  await project.commit('note');
  const known = await project.push('-o', 'dry-run', 'HEAD:main');
  expect(known.output).toContain('task suite: would be skipped (Test): passed before with this image');
});

it('are refused on a server that does not run any', async () => {
  await gitkube.kill();
  await gitkube.start({ GITKUBE_TASKS: 'off' });
  const { code, output } = await pushPage('five');
  expect(output).toContain('error: the Remote has tasks, and they are off on this server');
  expect(code).toBe(1);
});
