import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gitRemoteCommands } from '../../base/git-remote.ts';
import { Gitkube } from '../support/gitkube.ts';
import { appDockerfile, Project } from '../support/project.ts';
import { deleteImage } from '../support/registry.ts';

let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start();
});
afterAll(() => gitkube[Symbol.asyncDispose]());

/** As docs/guides/rollback.md says it. */
async function addRemote(project: Project, name: string, url: string): Promise<void> {
  for (const [, ...args] of gitRemoteCommands(name, url)) await project.git(...args);
}

/** A project that was pushed so often, each time with another page; `dev` is its Remote. */
async function released(times: number, options: Parameters<typeof Project.create>[1] = {}): Promise<Project> {
  const project = await Project.create(gitkube, options);
  await addRemote(project, 'dev', project.url);
  for (let n = 1; n <= times; n++) {
    if (n > 1) await project.writeApp('www', `www ${n}`);
    if (n > 1) await project.commit(`version ${n}`);
    expect((await project.tryGit(['push', 'dev', 'HEAD:main'])).output).toContain(`Released releases/${n}`);
  }
  await project.git('fetch', '-q', 'dev');
  return project;
}

/** What the Remote deploys. */
const www = (changes: object) => ({
  deployments: [{ name: 'www', containers: [{ name: 'www', path: 'www', ...changes }] }],
});
const oid = async (project: Project, name: string) => (await project.git('rev-parse', name)).trim();

describe.concurrent('a rollback by number', () => {
  it('does not say how the deploy of what is checked out has ended', async () => {
    await using project = await released(1, { replicas: 0 });
    await project.writeApp('www', 'www 2', 'FROM scratch\nCOPY none /\n');
    await project.commit('fails');
    expect(await project.push()).toMatchObject({ code: 1 });
    const { code, output } = await project.tryGit(['push', 'dev', 'HEAD:refs/rollback/1']);
    expect(output).not.toContain('The last deploy of this commit');
    expect(code).toBe(0);
  });

  it('needs no new commit, has a dry run, and shows which branch moved where', async () => {
    await using project = await released(3);
    // What git makes of the push option here: it asks the server nothing, and says that all is well.
    const option = await project.tryGit(['push', '-f', '-o', 'rollback=1', 'dev', 'HEAD:main']);
    expect(option).toMatchObject({ code: 0, output: expect.stringContaining('Everything up-to-date') });

    const before = await project.image();
    const dry = await project.tryGit(['push', '-o', 'dry-run', 'dev', 'HEAD:refs/rollback/1']);
    expect(dry.output).toMatch(/www\/www: would run \S+@sha256:/);
    expect(dry.output).not.toContain('error: dry');
    expect(dry.code).toBe(1);
    expect(await project.image()).toBe(before);

    const { code, output } = await project.tryGit(['push', 'dev', 'HEAD:refs/rollback/1']);
    expect(output).toContain('Rollback to releases/1');
    expect(output).toMatch(/Released releases\/4: main [0-9a-f]{7} runs .*nothing to build/);
    expect(output).toMatch(/\+ [0-9a-f]{7}\.\.\.[0-9a-f]{7} HEAD -> main \(forced update\)/);
    expect(code).toBe(0);
    expect(await project.page()).toBe('www 1');
    expect(await oid(project, 'dev/main')).toBe(await oid(project, 'dev/releases/1^{}'));
    await project.git('fetch', 'dev');
    const shown = await project.git('show', '--no-patch', 'dev/releases/2');
    expect(shown).toMatch(/image: .*@sha256:/);
    expect(shown).toMatch(/key: id@test/);
    expect(shown).toMatch(/at: '?20\d\d-/);
    expect(shown).toMatch(/rollout: \d/);
    expect(await project.git('show', '--no-patch', 'dev/releases/4')).toContain('how: rollback to releases/1');
    expect(await project.git('ls-remote', 'dev')).not.toContain('refs/rollback');

    await project.commit('version 4');
    const withOption = await project.tryGit(['push', '-o', 'rollback=2', 'dev', 'HEAD:main']);
    expect(withOption).toMatchObject({ code: 0, output: expect.stringContaining('Rollback to releases/2') });
    expect(await project.page()).toBe('www 2');

    const again = await project.tryGit(['push', 'dev', 'HEAD:rollback/2']);
    expect(again).toMatchObject({ code: 0, output: expect.stringContaining('already, and that is what runs') });

    const unknown = await project.tryGit(['push', 'dev', 'HEAD:refs/rollback/9']);
    expect(unknown.code).toBe(1);
    expect(unknown.output).toContain(`error: ${project.namespace}/app has no release 9`);
    expect(unknown.output).toContain(
      'to roll back to a release (the last ones are releases/5, releases/4, releases/3, releases/2, releases/1), type: git push',
    );
  });

  it('runs what was recorded, whatever the Remote says of builds by now', async () => {
    const arg = (value: string) => www({ buildArgs: [{ name: 'VALUE', value }] });
    await using project = await Project.create(gitkube, { spec: arg('one') });
    await addRemote(project, 'dev', project.url);
    await project.writeApp('www', '', appDockerfile('ARG VALUE\nRUN echo $VALUE > /www/index.html'));
    await project.commit('prints its argument');
    expect((await project.tryGit(['push', 'dev', 'HEAD:main'])).code).toBe(0);
    const first = await project.image();
    await project.commit('second');
    await project.tryGit(['push', 'dev', 'HEAD:main']);
    await project.git('fetch', '-q', 'dev');
    await project.applyRemote(arg('two'));

    const byCommit = await project.tryGit(['push', '-f', 'dev', 'dev/releases/1^{}:refs/heads/main']);
    expect(byCommit.output).toContain('Rollback to releases/1');
    expect(byCommit.output).not.toContain('building');
    expect(byCommit.code).toBe(0);
    expect(await project.image()).toBe(first);
    expect(await project.page()).toBe('one');

    // Who pushes the newest commit again wants what the Remote says now.
    const forward = await project.tryGit(['push', 'dev', 'HEAD:main']);
    expect(forward.output).toContain('is releases/2: it is deployed as the Remote is now');
    expect(forward.code).toBe(0);
    expect(await project.page()).toBe('two');

    await project.applyRemote(www({ path: 'gone', dockerfile: 'gone/Dockerfile' }));
    const byNumber = await project.tryGit(['push', 'dev', 'HEAD:refs/rollback/2']);
    expect(byNumber.code).toBe(0);
    expect(await project.image()).toBe(first);

    await project.applyRemote(arg('three'));
    const built = await project.tryGit(['push', '-f', '-o', 'no-cache', 'dev', 'dev/releases/1^{}:refs/heads/main']);
    expect(built.output).toMatch(/is releases\/\d: it is built again/);
    expect(built.code).toBe(0);
    expect(await project.page()).toBe('three');
  });

  it('is refused with the name of an image that is gone from the registry, before anything is changed', async () => {
    await using project = await released(2);
    const [first, second] = [await oid(project, 'dev/releases/1^{}'), await project.image()];
    const image = /image: (\S+@sha256:\S+)/.exec(await project.git('show', '--no-patch', 'dev/releases/1'))?.[1] ?? '';
    await deleteImage(image);
    for (const args of [['HEAD:refs/rollback/1'], ['-f', `${first}:refs/heads/main`]]) {
      const { code, output } = await project.tryGit(['push', 'dev', ...args]);
      expect(output).toContain(`error: the registry no longer has ${image} of releases/1`);
      expect(output).toContain(`git push -f -o no-cache ${project.url} ${first}:refs/heads/main`);
      expect(code).toBe(1);
    }
    expect(await project.image()).toBe(second);
    expect((await project.tryGit(['push', '-f', '-o', 'no-cache', 'dev', `${first}:refs/heads/main`])).code).toBe(0);
    expect(await project.page()).toBe('www 1');
  });

  it('leaves alone what only the release or only the Remote names, and says so', async () => {
    const deployments = (...names: string[]) => ({
      deployments: names.map((name) => ({ name, containers: [{ name, path: name }] })),
    });
    await using project = await Project.create(gitkube, {
      deployments: ['www', 'back', 'worker'],
      replicas: (name) => (name === 'www' ? 1 : 0),
      spec: deployments('www', 'back'),
    });
    await addRemote(project, 'dev', project.url);
    await project.tryGit(['push', 'dev', 'HEAD:main']);
    await project.applyRemote(deployments('www', 'worker'));
    await project.writeApp('www', 'www 2');
    await project.commit('second');
    expect((await project.tryGit(['push', 'dev', 'HEAD:main'])).code).toBe(0);
    const before = [await project.image('back'), await project.image('worker')];
    await project.applyRemote(deployments('www', 'worker', 'absent'));
    const { code, output } = await project.tryGit(['push', 'dev', 'HEAD:refs/rollback/1']);
    expect(output).toContain('worker/worker: not in releases/1, stays as it is');
    expect(output).toContain(`back/back: no longer in ${project.namespace}/app, stays as it is`);
    expect(code).toBe(0);
    expect([await project.image('back'), await project.image('worker')]).toEqual(before);
    expect(await project.page()).toBe('www 1');
  });

  it('runs the recorded image of a commit that was built twice', async () => {
    await using project = await Project.create(gitkube, { replicas: 0 });
    await addRemote(project, 'dev', project.url);
    await project.writeApp('www', '', appDockerfile('RUN date +%s%N > /www/index.html'));
    const commit = await project.commit('prints when it was built');
    await project.tryGit(['push', 'dev', 'HEAD:main']);
    const first = await project.image();
    await project.commit('second');
    await project.tryGit(['push', 'dev', 'HEAD:main']);
    await project.tryGit(['push', '-f', '-o', 'no-cache', 'dev', `${commit}:refs/heads/main`]);
    expect(await project.image()).not.toBe(first);
    const { code, output } = await project.tryGit(['push', 'dev', 'HEAD:refs/rollback/1']);
    expect(output).toContain('Released releases/4');
    expect(code).toBe(0);
    expect(await project.image()).toBe(first);
  });

  it('is possible from a clone that has neither the release nor all of its history', async () => {
    await using project = await released(2);
    await project.git('clone', '-q', '--depth', '1', `file://${project.folder}`, `${project.folder}/shallow`);
    const shallow = (...args: string[]) => project.tryGit(['-C', 'shallow', ...args]);
    const commit = [
      '-c',
      'user.name=CI',
      '-c',
      'user.email=ci@example.com',
      'commit',
      '-q',
      '--allow-empty',
      '-m',
      'x',
    ];
    await shallow('checkout', '-q', '--orphan', 'unrelated');
    await shallow(...commit);
    await shallow('checkout', '-q', 'main');
    await shallow(...commit);
    for (const [from, to, page] of [
      ['HEAD', '1', 'www 1'],
      ['unrelated', 'releases/2', 'www 2'],
    ] as const) {
      const { code, output } = await shallow('push', project.url, `${from}:refs/rollback/${to}`);
      expect(output).toContain(`Rollback to releases/${to.replace('releases/', '')}`);
      expect(output).not.toContain('error:');
      expect(code).toBe(0);
      expect(await project.page()).toBe(page);
    }
    expect(await project.git('ls-remote', 'dev')).not.toContain('refs/rollback');
  });
});

describe('a forced push', () => {
  it('of a commit that is no release of this Remote says so', async () => {
    await using project = await released(2, { replicas: 0 });
    await project.git('commit', '-q', '--amend', '-m', 'amended');
    const { code, output } = await project.tryGit(['push', '-f', 'dev', 'HEAD:main']);
    expect(output).toMatch(
      new RegExp(
        `\\w{7} does not contain \\w{7} \\(releases/2\\), which runs, and is no release of ${project.namespace}/app`,
      ),
    );
    expect(code).toBe(0);
    await project.commit('on top of it');
    expect((await project.tryGit(['push', '-f', 'dev', 'HEAD:main'])).output).not.toContain('no release of');
  });
});

describe('dev and prod in one clone', () => {
  it('keep their releases apart, and tags of one do not make a push to the other fail', async () => {
    await using dev = await released(3, { replicas: 0 });
    const authorizedKeys = [await dev.publicKey()];
    await using prod = await Project.create(gitkube, { replicas: 0, spec: { authorizedKeys } });
    await addRemote(dev, 'prod', prod.url);
    expect((await dev.tryGit(['push', 'prod', 'HEAD~1:refs/heads/main'])).code).toBe(0);
    const first = await prod.image();
    await dev.git('fetch', 'dev');
    await dev.git('fetch', 'prod');
    expect(await dev.git('tag')).toBe('');
    expect(await oid(dev, 'prod/releases/1^{}')).toBe(await oid(dev, 'HEAD~1'));
    expect(await oid(dev, 'dev/releases/1^{}')).toBe(await oid(dev, 'HEAD~2'));

    const { output } = await dev.tryGit(['push', '-f', 'prod', 'dev/releases/1^{}:refs/heads/main']);
    expect(output).toContain(`and is no release of ${prod.namespace}/app`);
    expect(await prod.image()).not.toBe(first);
    const back = await dev.tryGit(['push', 'prod', 'HEAD:refs/rollback/1']);
    expect(back.code).toBe(0);
    expect(await prod.image()).toBe(first);

    // Without the configuration: git brings the tags along, and takes them to whatever it pushes.
    await dev.git('fetch', dev.url, '+refs/tags/*:refs/tags/*');
    await dev.git('config', 'push.followTags', 'true');
    const followed = await dev.tryGit(['push', 'prod', 'HEAD:main', 'HEAD:refs/tags/v3']);
    expect(followed.output).toContain('Released releases/4');
    expect(followed.output).toContain('* [new tag]         HEAD -> v3');
    expect(followed.code).toBe(0);
    await dev.commit('version 4');
    await dev.git('tag', '-a', 'releases/10', '-m', 'by hand');
    for (const flags of [['--atomic'], ['-f', '--tags']]) {
      await dev.commit('more');
      const pushed = await dev.tryGit(['push', ...flags, 'prod', 'HEAD:main']);
      expect(pushed.output).toContain('Ignored releases/');
      expect(pushed.output).toContain('-> refs/ignored/releases/10');
      expect(pushed.code).toBe(0);
    }
    await dev.git('fetch', 'prod');
    const tags = (await dev.git('for-each-ref', '--format=%(refname:lstrip=3)', 'refs/remotes/prod/releases')).trim();
    expect(tags.split('\n').sort()).toEqual([
      'releases/1',
      'releases/2',
      'releases/3',
      'releases/4',
      'releases/5',
      'releases/6',
    ]);
    const alone = await dev.tryGit(['push', '--no-follow-tags', 'prod', 'releases/10']);
    expect(alone).toMatchObject({ code: 1, output: expect.stringContaining('only Gitkube creates') });
  });
});

describe.concurrent('what deploys nothing', () => {
  it('is stored, and the push says so', async () => {
    await using project = await released(1, { replicas: 0 });
    const dry = await project.tryGit(['push', '-o', 'dry-run', 'dev', 'HEAD:refs/tags/v1']);
    expect(dry).toMatchObject({ code: 1, output: expect.stringContaining('this push deploys nothing') });
    expect(await project.git('ls-remote', 'dev', 'refs/tags/v1')).toBe('');
    const { code, output } = await project.tryGit(['push', 'dev', 'HEAD:refs/tags/v1']);
    expect(output).toContain('Stored the tag v1; a tag deploys nothing');
    expect(code).toBe(0);
    const command = /git push \S+ '(\S+)'/.exec(output)?.[1] ?? '';
    await project.commit('second');
    await project.git('push', 'dev', 'HEAD:main');
    expect((await project.tryGit(['push', '-f', 'dev', command])).output).toContain('Rollback to releases/1');
    expect((await project.tryGit(['push', 'dev', ':refs/tags/v1'])).output).toContain('Nothing was deployed');
  });

  it('like an empty push option is ignored', async () => {
    await using project = await Project.create(gitkube, { replicas: 0 });
    expect((await project.push('-o', '', 'HEAD:main')).code).toBe(0);
  });

  it('like skip-deploy from a shallow clone is refused before it is built', async () => {
    await using project = await Project.create(gitkube, { replicas: 0 });
    await project.commit('more history');
    await project.git('clone', '-q', '--depth', '1', `file://${project.folder}`, `${project.folder}/shallow`);
    const { code, output } = await project.tryGit([
      '-C',
      'shallow',
      'push',
      '-o',
      'skip-deploy',
      project.url,
      'HEAD:main',
    ]);
    expect(output).toContain('-o skip-deploy does not work from a shallow clone');
    expect(output).not.toContain('BUG');
    expect(code).toBe(1);
  });

  it('like the branch of an earlier spec.branch can be deleted once it is not what runs', async () => {
    await using project = await released(1);
    await project.applyRemote({ ...www({}), branch: 'production' });
    const early = await project.tryGit(['push', 'dev', ':main']);
    expect(early).toMatchObject({
      code: 1,
      output: expect.stringContaining('main is what runs until production is pushed'),
    });
    await project.git('push', 'dev', 'HEAD:production');
    const { code, output } = await project.tryGit(['push', 'dev', ':main']);
    expect(output).toContain('- [deleted]         main');
    expect(code).toBe(0);
    expect(await project.git('ls-remote', '--heads', 'dev')).not.toContain('refs/heads/main');
    expect(await project.page()).toBe('www 1');
  });
});
