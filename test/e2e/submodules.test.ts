import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { must } from '../support/command.ts';
import { GitHttp } from '../support/git-http.ts';
import { Gitkube } from '../support/gitkube.ts';
import { appDockerfile, Project } from '../support/project.ts';

let upstream: GitHttp;
let gitkube: Gitkube;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitkube-upstream-'));
  upstream = await GitHttp.start(folder);
  gitkube = await Gitkube.start({ GITKUBE_SUBMODULE_HOSTS: upstream.host });
});
afterAll(async () => {
  await gitkube[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** Beside the server, which is in this process. */
function git(repository: string, ...args: string[]): Promise<string> {
  const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'protocol.http.allow=always'];
  return must('git', [...identity, '-C', join(folder, repository), ...args]);
}

/** A repository upstream with one file, and maybe a submodule. */
async function makeUpstream(
  name: string,
  content: string,
  submodule?: { readonly path: string; readonly url: string },
): Promise<void> {
  await must('git', ['init', '-q', '-b', 'main', join(folder, name)]);
  await writeFile(join(folder, name, 'file'), content);
  if (submodule) await git(name, 'submodule', '--quiet', 'add', submodule.url, submodule.path);
  await git(name, 'add', '-A');
  await git(name, 'commit', '-q', '-m', 'first');
}

/** A project with a submodule in its build context, whose build checks what is in it. */
async function projectWith(url: string, check: string, server = gitkube): Promise<Project> {
  const project = await Project.create(server, { replicas: 0 });
  await project.git('-c', 'protocol.http.allow=always', 'submodule', '--quiet', 'add', url, 'www/lib');
  await project.writeApp('www', 'with a library', appDockerfile(`COPY lib /lib\nRUN ${check}`));
  await project.commit('a library');
  return project;
}

it('a submodule from an allowed host is in the build, with those inside of it, and is fetched once', async () => {
  await makeUpstream('inner', 'deep');
  await makeUpstream('outer', 'wide', { path: 'in', url: upstream.url('inner') });
  await using project = await projectWith(upstream.url('outer'), 'test "$(cat /lib/file /lib/in/file)" = widedeep');
  const pushed = await project.push();
  expect(pushed.output).toMatch(/remote: +fetching 1 submodule\b/);
  expect(pushed.code).toBe(0);

  const asked = upstream.asked.length;
  await project.write('www/index.html', 'another page\n');
  await project.commit('another page');
  expect(await project.push()).toMatchObject({ code: 0, output: expect.stringContaining('www/www: building www') });
  expect(upstream.asked).toHaveLength(asked);
});

it('one from another host has the push refused before the build, with its name and its host', async () => {
  await makeUpstream('foreign', 'far');
  await using project = await projectWith(upstream.url('foreign'), 'true');
  await project.git('config', '-f', '.gitmodules', 'submodule.www/lib.url', 'https://git.example.org/lib.git');
  await project.commit('from elsewhere');
  const refused = await project.push();
  expect(refused.code).toBe(1);
  expect(refused.output).toContain(
    'error: the build of www/www needs submodules that this server does not fetch: www/lib',
  );
  expect(refused.output).toContain('www/lib: its URL is https://git.example.org/lib.git, at git.example.org');
  expect(refused.output).not.toContain('building www');
});

it('a commit that is not there is named', async () => {
  await makeUpstream('gone', 'gone');
  await using project = await projectWith(upstream.url('gone'), 'true');
  await git('gone', 'commit', '-q', '--amend', '-m', 'another first');
  await git('gone', 'reflog', 'expire', '--expire=now', '--all');
  await git('gone', 'gc', '-q', '--prune=now');
  const refused = await project.push();
  expect(refused.output).toMatch(/error: commit \w{7} of http:\S+\/gone cannot be fetched: /);
  expect(refused.code).toBe(1);
});

it('on a server that allows no host its folder is empty, and the push says so', async () => {
  await using other = await Gitkube.start();
  await makeUpstream('unused', 'unused');
  await using project = await projectWith(upstream.url('unused'), 'test -z "$(ls -A /lib)"', other);
  const pushed = await project.push();
  expect(pushed.output).toContain('www/www: the folders of submodules stay empty: www/lib');
  expect(pushed.code).toBe(0);
});
