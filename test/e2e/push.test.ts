import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Gitkube } from '../support/gitkube.ts';
import { appDockerfile, Project } from '../support/project.ts';
import { askedPage } from '../support/service-page.ts';

let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start();
});
afterAll(() => gitkube[Symbol.asyncDispose]());

/** What a tired reader sees: the last lines. */
const tail = (output: string, lines: number) => output.trimEnd().split('\n').slice(-lines).join('\n');

describe.concurrent('a push', () => {
  it('builds, rolls out, moves the branch and answers with exit code 0; so does the next one', async () => {
    await using project = await Project.create(gitkube);
    const commit = (await project.git('rev-parse', 'HEAD')).trim();
    const first = await project.push();
    expect(first.output).toContain('* [new branch]      HEAD -> main');
    expect(first.output).toContain('Released releases/1');
    expect(first.code).toBe(0);
    expect(await project.page()).toBe('www 1');
    expect(await project.image()).toMatch(/@sha256:[0-9a-f]{64}$/);
    // What runs, since when and by whom.
    const annotations = JSON.parse(
      await project.kubectl('get', 'deployment', 'www', '-o', 'jsonpath={.metadata.annotations}'),
    );
    expect(annotations).toMatchObject({
      'gitkube.sh/commit': commit,
      'gitkube.sh/release': '1',
      'gitkube.sh/pushed-by': 'id@test',
      'kubernetes.io/change-cause': expect.stringContaining('releases/1'),
    });

    await project.writeApp('www', 'www 2');
    await project.commit('second version');
    const second = await project.push();
    expect(second.output).toContain('Released releases/2');
    expect(second.code).toBe(0);
    expect(await project.page()).toBe('www 2');

    const again = await project.push();
    expect(again.output).toContain('Everything up-to-date');
  });

  it('that changes no image builds nothing and rolls nothing out', async () => {
    await using project = await Project.create(gitkube);
    await project.push();
    const pods = await project.kubectl('get', 'pods', '-o', 'name');
    await project.write('README.md', 'outside of every build context\n');
    await project.commit('words only');
    const second = await project.push();
    expect(second.output).toContain('nothing to build, nothing to roll out');
    expect(await project.kubectl('get', 'pods', '-o', 'name')).toBe(pods);
    expect(second.code).toBe(0);
  });

  it('whose Dockerfile fails is rejected with the reason in its last five lines, and changes no Deployment', async () => {
    await using project = await Project.create(gitkube);
    await project.push();
    const before = await project.image();
    await project.writeApp('www', 'www 2', appDockerfile('RUN echo the reason is here && exit 42'));
    await project.commit('broken');
    const broken = await project.push();
    expect(broken.code).toBe(1);
    expect(tail(broken.output, 5)).toMatch(/error:.*exit code:? 42/);
    expect(broken.output).toContain('the reason is here');
    expect(await project.image()).toBe(before);
    expect(await project.page()).toBe('www 1');
    expect((await project.tryGit(['ls-remote', project.url, 'releases/2'])).stdout).toBe('');
  });

  it('whose container exits is rejected with its last log line, and the old version answered all the time', async () => {
    await using project = await Project.create(gitkube);
    await project.push();
    const before = await project.image();
    expect(await project.page()).toBe('www 1');
    await project.writeApp('www', 'www 2', appDockerfile('', 'echo cannot find the database; exit 3'));
    await project.commit('crashes');
    const answers: string[] = [];
    let pushing = true;
    const watching = (async () => {
      while (pushing) answers.push(await askedPage(project.namespace, 'www').catch(String));
    })();
    const crashed = await project.push();
    pushing = false;
    await watching;
    expect(crashed.code).toBe(1);
    expect(crashed.output).toMatch(/\|\s+cannot find the database/);
    expect(crashed.output).toMatch(/error: .*www.*3/);
    expect(await project.image()).toBe(before);
    expect(new Set(answers)).toEqual(new Set(['www 1']));
  });

  it('whose pod has an image that cannot be pulled is rejected at once and rolled back', async () => {
    await using project = await Project.create(gitkube);
    await project.push();
    const before = await project.image();
    const sidecar = { name: 'sidecar', image: 'registry.invalid/none:1' };
    await project.kubectl(
      'patch',
      'deployment',
      'www',
      '-p',
      JSON.stringify({ spec: { paused: true, template: { spec: { containers: [sidecar] } } } }),
    );
    await project.kubectl('patch', 'deployment', 'www', '-p', JSON.stringify({ spec: { paused: false } }));
    await project.writeApp('www', 'www 2');
    await project.commit('with a sidecar');
    const refused = await project.push();
    expect(refused.code).toBe(1);
    expect(refused.output).toMatch(/registry\.invalid\/none:1/);
    expect(await project.image()).toBe(before);
    expect(await project.page()).toBe('www 1');
  });

  it('to a container that does not exist is refused with the names of those that do', async () => {
    await using project = await Project.create(gitkube, {
      replicas: 0,
      spec: { deployments: [{ name: 'www', containers: [{ name: 'web', path: 'www' }] }] },
    });
    const refused = await project.push();
    expect(refused.code).toBe(1);
    expect(refused.output).toMatch(/web[\s\S]*www/);
    expect(refused.output).not.toContain('building');
  });
});

describe.concurrent('two images and two Deployments', () => {
  it('are rolled out together, and both rolled back when one crashes, and the push is rejected', async () => {
    await using project = await Project.create(gitkube, { deployments: ['front', 'back'] });
    expect((await project.push()).code).toBe(0);
    expect(await project.page('front')).toBe('front 1');
    expect(await project.page('back')).toBe('back 1');
    const before = [await project.image('front'), await project.image('back')];
    await project.writeApp('front', 'front 2');
    await project.writeApp('back', 'back 2', appDockerfile('', 'echo back gives up; exit 1'));
    await project.commit('one of two crashes');
    const pushed = await project.push();
    expect(pushed.code).toBe(1);
    expect(pushed.output).toContain('back gives up');
    expect([await project.image('front'), await project.image('back')]).toEqual(before);
    expect(await project.page('front')).toBe('front 1');
    expect(await project.page('back')).toBe('back 1');
  });
});

describe.concurrent('build arguments', () => {
  const values = [
    `plain`,
    `two words`,
    `"quoted"`,
    `it's`,
    `$HOME \`id\` $(id)`,
    `a=b=c`,
    `back\\slash`,
    `ünïcode 日本`,
    ` padded `,
  ];

  it('reach the build with every character', async () => {
    const buildArgs = values.map((value, i) => ({ name: `ARG_${i}`, value }));
    await using project = await Project.create(gitkube, {
      spec: { deployments: [{ name: 'www', containers: [{ name: 'www', path: 'www', buildArgs }] }] },
    });
    const args = buildArgs.map(({ name }) => `ARG ${name}`).join('\n');
    const print = buildArgs.map(({ name }) => `"$${name}"`).join(' ');
    await project.writeApp('www', '', appDockerfile(`${args}\nRUN printf '%s\\n' ${print} > /www/index.html`));
    await project.commit('prints its arguments');
    const pushed = await project.push();
    expect(pushed.code).toBe(0);
    expect((await project.page()).split('\n')).toEqual(values);
  });
});

describe.concurrent('the push option', () => {
  it('skip-deploy builds and pushes, changes nothing, and leaves the next push nothing to build', async () => {
    await using project = await Project.create(gitkube);
    const before = await project.image();
    const built = await project.push('-o', 'skip-deploy', 'HEAD:main');
    expect(built.code).toBe(0);
    expect(built.output).toContain('refs/builds/main');
    expect(await project.image()).toBe(before);
    const deployed = await project.push();
    expect(deployed.output).toContain('nothing to build');
    expect(await project.page()).toBe('www 1');
  });

  it('dry-run says what would be built and changed, and refuses the ref', async () => {
    await using project = await Project.create(gitkube, { replicas: 0 });
    const before = await project.image();
    const dry = await project.push('-o', 'dry-run', 'HEAD:main');
    expect(dry.code).toBe(1);
    expect(dry.output).toContain('would build www');
    expect(dry.output).toContain('Deployment www: would set the image of container www');
    expect(tail(dry.output, 5)).toContain('dry run');
    expect(await project.image()).toBe(before);
  });
});

describe.concurrent('refs', () => {
  it('deploy when spec.branch names them', async () => {
    await using project = await Project.create(gitkube, {
      replicas: 0,
      spec: { branch: 'production', deployments: [{ name: 'www', containers: [{ name: 'www', path: 'www' }] }] },
    });
    expect((await project.push('HEAD:main')).code).toBe(1);
    expect((await project.push('HEAD:production')).code).toBe(0);
  });

  it('of a shallow clone can be pushed, and pushed again', async () => {
    await using project = await Project.create(gitkube, { replicas: 0 });
    await project.commit('more history');
    await project.git('clone', '-q', '--depth', '1', `file://${project.folder}`, `${project.folder}/shallow`);
    const shallow = (...args: string[]) => project.tryGit(['-C', 'shallow', ...args]);
    const first = await shallow('push', project.url, 'HEAD:main');
    expect(first.output).toContain('Released releases/1');
    expect(first.code).toBe(0);
    const image = await project.image();
    expect(image).toMatch(/@sha256:[0-9a-f]{64}$/);
    await project.write('shallow/www/index.html', 'from a shallow clone\n');
    await shallow('-c', 'user.name=CI', '-c', 'user.email=ci@example.com', 'commit', '-qam', 'second');
    expect((await shallow('push', project.url, 'HEAD:main')).code).toBe(0);
    expect(await project.image()).toMatch(/@sha256:[0-9a-f]{64}$/);
    expect(await project.image()).not.toBe(image);
    const refs = await project.tryGit(['ls-remote', project.url]);
    expect(refs.stdout).toContain('refs/tags/releases/2');
  });
});
