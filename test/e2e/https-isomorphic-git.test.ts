/** A client that shares no code with git: isomorphic-git, over its own HTTP. */
import fs, { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import git, { type GitHttpRequest, type GitHttpResponse } from 'isomorphic-git';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addToken, HttpsDoor } from '../support/https-door.ts';
import { Project } from '../support/project.ts';

let door: HttpsDoor;
let folder: string;

beforeAll(async () => {
  door = await HttpsDoor.open();
  folder = await mkdtemp(join(tmpdir(), 'gitkube-isomorphic-'));
});
afterAll(async () => {
  await door[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** Of Node, with the certificate of the door. */
const http = {
  request: ({ url, method = 'GET', headers = {}, body }: GitHttpRequest) =>
    new Promise<GitHttpResponse>((resolve, reject) => {
      const options = { method, headers, ca: readFileSync(door.certificate) };
      const sent = request(url, options, (answer) =>
        resolve({
          url,
          method,
          statusCode: answer.statusCode ?? 0,
          statusMessage: answer.statusMessage ?? '',
          headers: answer.headers as Record<string, string>,
          body: answer as unknown as AsyncIterableIterator<Uint8Array>,
        }),
      ).on('error', reject);
      void send(body, sent).catch(reject);
    }),
};

async function send(body: GitHttpRequest['body'], sent: ReturnType<typeof request>): Promise<void> {
  for await (const chunk of body ?? []) sent.write(chunk);
  sent.end();
}

it('clones, fetches, lists and pushes, and reads what the deploy prints', async () => {
  await using project = await Project.create(door.gitkube, { replicas: 0 });
  const token = await addToken(project, 'isomorphic');
  expect((await project.push()).code).toBe(0);
  const url = door.url(project);
  const dir = join(folder, project.namespace);
  const remote = { fs, http, dir, onAuth: () => ({ username: 'any', password: token }) };
  await git.clone({ ...remote, url });
  expect(await git.log({ fs, dir, depth: 1 })).toMatchObject([{ commit: { message: 'first version\n' } }]);
  await writeFile(join(dir, 'www/index.html'), 'from isomorphic-git');
  await git.add({ fs, dir, filepath: 'www/index.html' });
  const author = { name: 'Alice', email: 'alice@example.com' };
  const commit = await git.commit({ fs, dir, message: 'second version', author });
  const printed: string[] = [];
  const pushed = await git.push({ ...remote, ref: 'main', onMessage: (line) => void printed.push(line) });
  expect(pushed).toMatchObject({ ok: true, refs: { 'refs/heads/main': { ok: true } } });
  expect(printed.join('')).toContain('Released releases/2');
  const refs = await git.listServerRefs({ http, url, onAuth: remote.onAuth, prefix: 'refs/tags/' });
  expect(refs.map(({ ref }) => ref)).toContain('refs/tags/releases/2');
  await git.fetch({ ...remote, tags: true });
  expect(await git.resolveRef({ fs, dir, ref: 'refs/remotes/origin/main' })).toBe(commit);
  await expect(git.fetch({ ...remote, onAuth: () => ({ username: 'any', password: 'wrong' }) })).rejects.toThrow(
    'HTTP Error: 401',
  );
});
