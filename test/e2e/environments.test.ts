import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { Gate } from '../support/gate.ts';
import { Gitkube } from '../support/gitkube.ts';
import { appDockerfile, Project } from '../support/project.ts';

interface Status {
  readonly release?: number;
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message: string }[];
  readonly environments?: readonly (Omit<Status, 'environments'> & {
    readonly name: string;
    readonly branch: string;
  })[];
}

const own = [{ name: 'www', containers: [{ name: 'www', path: 'www' }] }];
const staged = [{ name: 'www-staging', containers: [{ name: 'www-staging', path: 'www' }] }];
const staging = { name: 'staging', branch: 'develop', deployments: staged };

let gitkube: Gitkube;
beforeAll(async () => {
  gitkube = await Gitkube.start();
});
afterAll(() => gitkube[Symbol.asyncDispose]());

/** A Remote whose branch main deploys www, and whose branch develop deploys www-staging, of the same folder. */
async function create(spec: Record<string, unknown> = {}, replicas = 0): Promise<Project> {
  const deployments = ['www', 'www-staging'];
  const options = {
    deployments,
    replicas,
    spec: { deployments: own, branch: 'main', environments: [staging], ...spec },
  };
  return Project.create(gitkube, options);
}

const id = ({ namespace }: Project, environment = '') => `${namespace}/app${environment && `/${environment}`}`;

async function statusOf(project: Project): Promise<Status> {
  const { status = {} } = await project.remote<{ status?: Status }>();
  return status;
}

/** By digest, whatever its repository is. */
async function digest(project: Project, name: string): Promise<string> {
  return (await project.image(name)).split('@')[1] ?? '';
}

async function tags(project: Project): Promise<string[]> {
  const listed = await project.git('ls-remote', '--tags', '--refs', project.url);
  return [...listed.matchAll(/refs\/tags\/(\S+)/g)].map(([, tag = '']) => tag).sort();
}

describe('an environment', () => {
  it('is deployed by its branch, with releases, records, a status and a rollback of its own', async () => {
    await using project = await create();
    const first = await project.push('HEAD:develop');
    expect(first).toMatchObject({ code: 0, output: expect.stringContaining('Released releases/staging/1: develop') });
    expect(first.output).toContain(`Gitkube: ${id(project, 'staging')}, develop `);
    await project.writeApp('www', 'www 2');
    await project.commit('second');
    expect(await project.push('HEAD:develop')).toMatchObject({ code: 0 });
    const main = await project.push('HEAD:main');
    expect(main).toMatchObject({ code: 0, output: expect.stringContaining('Released releases/1: main') });
    expect(await tags(project)).toEqual(['releases/1', 'releases/staging/1', 'releases/staging/2']);

    const back = await project.push('HEAD:refs/rollback/staging/1');
    expect(back).toMatchObject({ code: 0, output: expect.stringContaining('Rollback to releases/staging/1, which') });
    expect(back.output).toContain('Released releases/staging/3: develop');
    expect(await tags(project)).toHaveLength(4);
    const listed = await project.ssh('deploys', id(project, 'staging'));
    expect(listed.stdout.split('\n').slice(1, 4).join('\n')).toMatch(/staging\/3.*staging\/2.*staging\/1/s);
    expect((await project.ssh('deploys', id(project))).stdout).not.toContain('staging');
    const status = await project.ssh('status', id(project));
    expect(status.stdout).toContain('Runs:       releases/1, main');
    expect(status.stdout).toContain(`Others:     ${id(project, 'staging')}: releases/staging/3, develop`);
    await eventually(async () => {
      const { release, environments = [] } = await statusOf(project);
      return release === 1 && environments[0]?.release === 3 && environments[0].branch === 'develop';
    });
    const events = await project.list<{ reason: string; message: string }>('/api/v1/events');
    const released = events.filter(({ reason }) => reason === 'Released').map(({ message }) => message);
    expect(released).toContainEqual(expect.stringMatching(/^staging: releases\/staging\/2: \w{7} by id@test runs$/));
  });

  it('is commanded by its name, and locked alone', async () => {
    await using project = await create();
    for (const branch of ['develop', 'main']) expect(await project.push(`HEAD:${branch}`)).toMatchObject({ code: 0 });
    expect(await project.ssh('lock', id(project, 'staging'), 'demo')).toMatchObject({ code: 0 });
    await project.commit('later');
    const locked = await project.push('HEAD:develop');
    expect(locked.output).toContain(`error: ${id(project, 'staging')} is locked by id@test since `);
    expect(locked.code).toBe(1);
    const [, unlock = ''] =
      /hint: to unlock it once that is over, type: ssh \S+ \S+ \S+ (.*)/.exec(locked.output) ?? [];
    expect(await project.push('HEAD:main')).toMatchObject({ code: 0 });
    expect(await project.ssh(...unlock.trim().split(' '))).toMatchObject({ code: 0 });
    expect(await project.push('HEAD:develop')).toMatchObject({ code: 0 });
    const rolled = await project.ssh('rollback', id(project, 'staging'));
    expect(rolled).toMatchObject({ code: 0, stdout: expect.stringContaining('Rollback to releases/staging/1, which') });
    expect(await project.ssh('rollback', id(project), '7')).toMatchObject({
      output: expect.stringContaining(`${id(project)} has no release 7`),
    });
    const none = await project.ssh('status', id(project, 'nope'));
    expect(none.output).toContain(`${id(project)} has no environment nope: it has staging`);
    const url = await project.tryGit(['ls-remote', `${project.url}/staging`]);
    expect(url.output).toContain(`hint: leave out /staging: all environments of ${id(project)} are in its repository`);
  });

  it('is deployed while what the Remote itself deploys is locked', async () => {
    await using project = await create();
    expect(await project.ssh('lock', id(project), 'freeze')).toMatchObject({ code: 0 });
    expect((await project.push('HEAD:main')).output).toContain(`error: ${id(project)} is locked by id@test`);
    expect(await project.push('HEAD:develop')).toMatchObject({ code: 0 });
  });

  it('that is taken out of the spec while it is built is not rolled out', async () => {
    await using gate = await Gate.make();
    await using project = await create();
    await project.writeApp('www', 'www 2', appDockerfile(`RUN ${gate.pass}`));
    await project.commit('slow');
    const pushing = project.push('HEAD:develop');
    await gate.reached;
    await project.applyRemote({ deployments: own, branch: 'main', environments: [] });
    gate.open();
    const { code, output } = await pushing;
    expect(output).toContain(`error: ${id(project)} no longer has the environment staging`);
    expect(code).toBe(1);
    expect(await tags(project)).toEqual([]);
  });

  it('is deployed beside the other one, and neither waits', async () => {
    await using project = await create();
    const slow = 'FROM scratch\nCOPY index.html /\nCMD ["/none"]\n';
    await project.writeApp('www', 'www 2', slow);
    await project.commit('second');
    const pushes = await Promise.all(['main', 'develop'].map((branch) => project.push(`HEAD:${branch}`)));
    for (const { code, output } of pushes) {
      expect(output).not.toContain('waiting for');
      expect(code).toBe(0);
    }
    expect(await tags(project)).toEqual(['releases/1', 'releases/staging/1']);
  });

  it('that two pushes want has one turn, as a Remote has', async () => {
    await using project = await create();
    expect(await project.push('HEAD:develop')).toMatchObject({ code: 0 });
    const commits = [await project.commit('a'), await project.commit('b')];
    const [a, b] = await Promise.all(commits.map((commit) => project.push(`${commit}:develop`)));
    expect([a?.code, b?.code].filter((code) => code === 0).length).toBeGreaterThan(0);
    const head = await project.git('ls-remote', project.url, 'refs/heads/develop');
    expect(head).toContain(commits[1]);
  });

  it('finds its own drift, and restores its own workloads', async () => {
    await using project = await create({ environments: [{ ...staging, reconcile: true }] });
    for (const branch of ['develop', 'main']) expect(await project.push(`HEAD:${branch}`)).toMatchObject({ code: 0 });
    const [mine, theirs] = [await project.image('www-staging'), await project.image('www')];
    await project.kubectl('set', 'image', 'deployment/www-staging', 'www-staging=other:1');
    await project.commit('to have it look soon');
    expect(await project.push('-o', 'skip-deploy', 'HEAD:develop')).toMatchObject({ code: 0 });
    await eventually(async () => (await project.image('www-staging')) === mine);
    expect(await project.image('www')).toBe(theirs);
  });
});

describe('promotion between environments', () => {
  it('runs the very image that staging runs, builds nothing, and refuses what staging has not released', async () => {
    await using project = await create({ promoteFrom: ['staging'], requirePromotion: true });
    const refused = await project.push('HEAD:main');
    expect(refused.code).toBe(1);
    expect(refused.output).toContain(
      `has no release in ${id(project, 'staging')}, and ${id(project)} runs nothing else`,
    );
    const [, command = ''] = /hint: push it there first, then here again: git (.*)/.exec(refused.output) ?? [];
    expect(await project.tryGit(command.trim().split(' '))).toMatchObject({ code: 0 });
    const promoted = await project.push('HEAD:main');
    expect(promoted.output).toContain(`www/www: the image of ${id(project)} releases/staging/1, nothing is built`);
    expect(promoted.output).not.toContain('building');
    expect(promoted.code).toBe(0);
    expect(await digest(project, 'www')).toBe(await digest(project, 'www-staging'));
  });

  it('goes to an environment, from another one and from the Remote itself', async () => {
    const qa = { name: 'qa', branch: 'qa', promoteFrom: ['app'], requirePromotion: true, deployments: staged };
    await using project = await create({ environments: [qa] });
    expect((await project.push('HEAD:qa')).output).toContain(`has no release in ${id(project)}, and`);
    expect(await project.push('HEAD:main')).toMatchObject({ code: 0 });
    const promoted = await project.push('HEAD:qa');
    expect(promoted).toMatchObject({ code: 0, output: expect.stringContaining('nothing is built') });
    expect(await digest(project, 'www')).toBe(await digest(project, 'www-staging'));
  });
});

describe('the spec', () => {
  it('may have nothing but environments: a Remote keeps its releases when it becomes one of them', async () => {
    await using project = await create({ environments: [] });
    expect(await project.push('HEAD:main')).toMatchObject({ code: 0 });
    await project.applyRemote({ deployments: own, branch: 'main', environments: [staging] });
    expect(await project.push('HEAD:develop')).toMatchObject({ code: 0 });
    expect(await tags(project)).toEqual(['releases/1', 'releases/staging/1']);
    const both = [staging, { name: 'production', branch: 'main', deployments: own }];
    await project.applyRemote({ deployments: null, branch: null, environments: both });
    await project.commit('later');
    expect(await project.push('HEAD:main')).toMatchObject({
      code: 0,
      output: expect.stringContaining('Released releases/production/1: main'),
    });
    expect(await tags(project)).toEqual(['releases/1', 'releases/production/1', 'releases/staging/1']);
    const other = await project.push('HEAD:feature');
    expect(other.output).toContain(
      `${id(project)} deploys branch develop to staging, and main to production, not feature`,
    );
    const { conditions = [], release } = await statusOf(project);
    expect(conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'True' }));
    expect(release).toBeUndefined();
    const restart = await project.ssh('restart', id(project));
    expect(restart.output).toContain(`error: ${id(project)} deploys nothing but its environments`);
    expect(restart.output).toContain(`hint: name one of them: ${id(project, 'staging')}, ${id(project, 'production')}`);
  });

  it('that renames an environment has the next commit deploy to it, and says how to make one', async () => {
    await using project = await create();
    expect(await project.push('HEAD:develop')).toMatchObject({ code: 0 });
    await project.applyRemote({ deployments: own, branch: 'main', environments: [{ ...staging, name: 'stage' }] });
    const { output } = await project.ssh('redeploy', id(project, 'stage'));
    expect(output).toContain(`${id(project, 'stage')} has no release to redeploy`);
    expect(output).toContain("git commit --allow-empty -m 'Deploy'");
    await project.git('commit', '-q', '--allow-empty', '-m', 'Deploy');
    expect(await project.push('HEAD:develop')).toMatchObject({
      code: 0,
      output: expect.stringContaining('Released releases/stage/1: develop'),
    });
  });

  it('that gives a workload to two of them has the second refused with its place', async () => {
    await using project = await create({ environments: [{ ...staging, deployments: own }] });
    const refused = await project.push('HEAD:develop');
    expect(refused.output).toContain(
      `error: ${id(project, 'staging')} cannot deploy: spec.environments[0] names workload www, which is of app`,
    );
    expect(refused.code).toBe(1);
    expect(await project.push('HEAD:main')).toMatchObject({ code: 0 });
  });

  it('that no longer has an environment has its branch refused, and takes up its releases when it has it again', async () => {
    await using project = await create();
    expect(await project.push('HEAD:develop')).toMatchObject({ code: 0 });
    await project.applyRemote({ deployments: own, branch: 'main', environments: [] });
    await project.commit('later');
    const refused = await project.push('HEAD:develop');
    expect(refused.output).toContain(`${id(project)} deploys branch main, not develop`);
    await project.applyRemote({ deployments: own, branch: 'main', environments: [staging] });
    expect(await project.push('HEAD:develop')).toMatchObject({
      code: 0,
      output: expect.stringContaining('Released releases/staging/2: develop'),
    });
  });
});

describe('the command line', () => {
  it('lists environments, and takes their names', async () => {
    await using project = await create();
    for (const branch of ['develop', 'main']) expect(await project.push(`HEAD:${branch}`)).toMatchObject({ code: 0 });
    const inNamespace = (...words: string[]) => cli(['-n', project.namespace, 'remote', ...words]);
    await eventually(async () => /staging +True +develop +1 +Released/.test((await inNamespace('list')).stdout));
    const listed = await inNamespace('list');
    expect(listed.stdout).toMatch(/^app +True +main +1 +Released +ssh:.*\napp\/staging +True +develop +1 +Released/m);
    const named = await inNamespace('releases', id(project, 'staging'), '-o', 'name');
    expect(named.stdout).toBe('releases/staging/1\n');
    const none = await inNamespace('releases', id(project, 'qa'));
    expect(none.output).toContain(`${id(project)} has no environment qa: it has staging`);
    const whole = await inNamespace('get', id(project, 'staging'));
    expect(whole.output).toContain('is an environment, and the command is about a whole Remote');
  });
});
