import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cli } from '../support/cli.ts';
import { Gitkube } from '../support/gitkube.ts';
import { Project } from '../support/project.ts';

let gitkube: Gitkube;
let project: Project;

beforeAll(async () => {
  gitkube = await Gitkube.start();
  project = await Project.create(gitkube);
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await gitkube[Symbol.asyncDispose]();
});

const connect = (...args: string[]) =>
  cli(['remote', 'connect', `${project.namespace}/app`, ...args], { cwd: project.folder });
const config = (key: string) => project.git('config', '--get-all', key);

it('gitkube remote connect adds a Remote with a place of its own for its releases, once', async () => {
  const added = await connect();
  expect(added).toMatchObject({ code: 0, stdout: `git remote dev: ${project.url}\n` });
  expect(added.output).toContain('git push dev HEAD:refs/rollback/1');
  expect((await connect()).stdout).toBe(`git remote dev is there already: ${project.url}\n`);
  expect(await config('remote.dev.tagOpt')).toBe('--no-tags\n');
  expect((await config('remote.dev.fetch')).trim().split('\n')).toEqual([
    '+refs/heads/*:refs/remotes/dev/*',
    '+refs/tags/releases/*:refs/remotes/dev/releases/*',
  ]);
  expect((await project.tryGit(['push', 'dev', 'HEAD:main'])).code).toBe(0);
  await project.git('fetch', 'dev');
  expect(await project.git('show', '--no-patch', 'dev/releases/1')).toContain('Release 1 of');
});

it('gitkube remote connect adds what is missing where somebody has added the URL by hand', async () => {
  await project.git('remote', 'add', 'prod', project.url);
  expect((await connect('--as', 'prod')).stdout).toBe(`git remote prod: ${project.url}\n`);
  expect(await config('remote.prod.fetch')).toContain('refs/remotes/prod/releases/*');
});

it('gitkube remote connect prints what it would do', async () => {
  const { code, stdout } = await connect('--as', 'other', '--print');
  expect(stdout.split('\n')[0]).toBe(`git remote add other ${project.url}`);
  expect(code).toBe(0);
  expect((await project.tryGit(['remote', 'get-url', 'other'])).code).not.toBe(0);
});

it.each([
  ['a name that is another remote', ['--as', 'taken'], 'the git remote taken is https://example.com already'],
  ['a name that git would take for a flag', ['--as=-x'], 'a git remote has letters'],
])('refuses %s', async (_, args, message) => {
  await project.tryGit(['remote', 'add', 'taken', 'https://example.com']);
  const { code, output } = await connect(...args);
  expect(output).toContain(message);
  expect(code).toBe(2);
});

it('gitkube remote connect outside of a repository says so', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gitkube-nowhere-'));
  const { code, output } = await cli(['remote', 'connect', `${project.namespace}/app`], { cwd: folder });
  await rm(folder, { recursive: true });
  expect(output).toContain('is not in a git repository');
  expect(code).toBe(1);
});

it('the greeting names the same commands', async () => {
  const { stdout } = await project.ssh();
  expect(stdout).toContain(`git remote add dev ${project.url}`);
  expect(stdout).toContain("git config --add remote.dev.fetch '+refs/tags/releases/*:refs/remotes/dev/releases/*'");
});
