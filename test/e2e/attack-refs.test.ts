import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Gate } from '../support/gate.ts';
import type { Gitkube } from '../support/gitkube.ts';
import { outputWith } from '../support/output-with.ts';
import { appDockerfile, Project } from '../support/project.ts';
import { packedPush } from '../support/raw-ssh.ts';
import { Target } from '../support/target.ts';

let target: Target;
let gitkube: Gitkube;
let project: Project;

beforeAll(async () => {
  target = await Target.start();
  ({ gitkube, project } = target);
});
afterAll(() => target[Symbol.asyncDispose]());
afterEach(() => target.isUnharmed());

describe('hostile refs', () => {
  const pushed = (...args: string[]) => project.tryGit(['push', '-f', project.url, ...args]);

  it.each(['releases', 'releases/9'])('the tag %s is refused', async (tag) => {
    const { code, output } = await pushed(`HEAD:refs/tags/${tag}`);
    expect(output).toContain('only Gitkube creates the tags releases/*');
    expect(code).toBe(1);
  });

  it('tags that look like those of Gitkube do not make the branch beside them fail', async () => {
    const commit = await project.commit('with tags that look like releases');
    const { code, output } = await pushed('HEAD:main', 'HEAD:refs/tags/releases', 'HEAD:refs/tags/Releases/1');
    expect(output).toContain('Ignored releases: Gitkube creates the tags releases/* of this Remote');
    expect(code).toBe(0);
    const refs = (await project.tryGit(['ls-remote', project.url])).stdout;
    expect(refs).toContain(`${commit}\trefs/tags/Releases/1`);
    expect(refs).not.toMatch(/refs\/(tags|ignored)\/releases$/m);
  });

  it('a tag object and a blob are refused as the commit of a branch', async () => {
    await project.git('tag', '-f', '-a', 'annotated', '-m', 'x');
    for (const object of ['annotated', 'HEAD:www/index.html']) {
      expect((await pushed(`${object}:refs/heads/main`)).output).toContain('can only point at a commit');
    }
  });

  it('a tag that conflicts with another has the branch beside it refused before anything is deployed', async () => {
    await pushed('HEAD:refs/tags/folder');
    const head = await project.tryGit(['ls-remote', project.url, 'main']);
    await project.commit('with a tag that does not fit');
    const { code, output } = await pushed('--atomic', 'HEAD:main', 'HEAD:refs/tags/folder/file');
    expect(output).toContain('a tag in this push conflicts');
    expect(code).toBe(1);
    expect((await project.tryGit(['ls-remote', project.url, 'main'])).stdout).toBe(head.stdout);
  });

  it('text of a stranger cannot move the cursor or reverse what the pusher reads', async () => {
    const name = '\u202egnp$(id)';
    const { output } = await pushed('-o', '\u001b[2J\u009bred', `HEAD:refs/heads/${name}`);
    const remote = output.split('\n').filter((line) => line.startsWith('remote:'));
    expect(remote.join('\n')).toContain('unknown push option');
    expect(remote.join('\n')).not.toMatch(/[\u001b\u009b\u202e]/);
    expect((await pushed(`HEAD:refs/heads/${name}`)).output).toContain('deploys branch main, not \ufffdgnp$(id)');
  });

  it('a ref with a newline in its name is refused', async () => {
    await project.git('fetch', '-q', project.url, 'main');
    const main = (await project.git('rev-parse', 'FETCH_HEAD')).trim();
    const commit = await project.commit('under a name that git has no say in before its hooks');
    const { begin, end } = await packedPush(project.folder, main, commit, 'refs/heads/main\nx');
    using attacker = await target.connect();
    const { channel, output } = await attacker.exec(target.receive);
    channel.write(begin);
    channel.write(end);
    expect(await output).toContain('this push has an invalid ref name');
  });

  it('no command but fetch and push reaches git', async () => {
    const archive = await project.tryGit(['archive', `--remote=${project.url}`, 'HEAD']);
    expect(archive.output).toContain('unknown command: git-upload-archive');
  });
});

describe('main and master pushed at the same time', () => {
  it('deploy the one that came first, and the other is refused when its turn comes', async () => {
    await using both = await Project.create(gitkube, { replicas: 0 });
    await using gate = await Gate.make();
    await both.writeApp('www', 'www 1', appDockerfile(`RUN ${gate.pass}`));
    await both.commit('slow');
    const main = both.push('HEAD:main');
    await gate.reached;
    const waiting = outputWith('waiting for the push before this one');
    const master = both.tryGit(['push', both.url, 'HEAD:master'], { onOutput: waiting.onOutput });
    await waiting.seen;
    gate.open();
    expect((await main).code).toBe(0);
    expect((await master).output).toContain('deploys branch main, not master');
  });
});
