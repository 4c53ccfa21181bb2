import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request as ask, createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { standInFront } from './front.ts';

let root: string;
let server: Server;
let endFront: () => void;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'gitkube-front-'));
  endFront = standInFront(root);
  server = createServer(({ url, headers }, response) => {
    response.end(JSON.stringify({ url, authorization: headers.authorization, protocol: headers['git-protocol'] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  endFront();
  server.close();
  await rm(root, { recursive: true });
});

/** Of a request with the password of a client. */
function answerTo(path: string): Promise<{ status: number | undefined; location: string | undefined; body: string }> {
  const { port } = server.address() as AddressInfo;
  const headers = { authorization: 'client', 'git-protocol': 'version=2' };
  return new Promise((resolve, reject) => {
    ask({ port, path, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, location: response.headers.location, body }));
    })
      .on('error', reject)
      .end();
  });
}

const refs = 'info/refs?service=git-receive-pack';
const front = expect.stringMatching(/^Basic /);

it.each([
  [`/smart/test_repo.git/${refs}`, `/scripts/test--repo.git/${refs}`, front, 'version=2'],
  ['/smart_v0/a/git-upload-pack', '/scripts/a/git-upload-pack', front, undefined],
  [`/auth/smart/a/${refs}`, `/scripts/a/${refs}`, 'client', 'version=2'],
  ['/auth-push/smart/a/git-upload-pack', '/scripts/a/git-upload-pack', front, 'version=2'],
  ['/auth-push/smart/a/git-receive-pack', '/scripts/a/git-receive-pack', 'client', 'version=2'],
  ['/auth-fetch/smart/a/git-upload-pack', '/scripts/a/git-upload-pack', 'client', 'version=2'],
  [`/half-auth-complete/smart/a/${refs}`, `/scripts/a/${refs}`, 'client', 'version=2'],
  ['/intern-redir/a/info/refs/foo', '/scripts/a/info/refs', front, 'version=2'],
  ['/dumb/a/HEAD', '/dumb/a/HEAD', 'client', 'version=2'],
])('%s is %s for the door', async (path, url, authorization, protocol) => {
  expect(JSON.parse((await answerTo(path)).body)).toEqual({ url, authorization, protocol });
});

it.each([
  [`/smart-redir-perm/a/${refs}`, 301, `/smart/a/${refs}`],
  [`/smart-redir-temp/a/${refs}`, 302, `/smart/a/${refs}`],
  [`/smart-redir-auth/a/${refs}`, 301, `/auth/smart/a/${refs}`],
  [`/insane-redir/a/${refs}`, 301, '/intern-redir/a/info/refs/foo?service=git-receive-pack'],
])('%s is redirected by %d to %s', async (path, status, to) => {
  const answer = await answerTo(path);
  expect(answer.status).toBe(status);
  expect(answer.location?.replace(/^http:\/\/[^/]+/, '')).toBe(to);
});

it('each request is in the log of Apache', async () => {
  await answerTo('/smart/logged/git-upload-pack');
  expect(await readFile(join(root, 'access.log'), 'utf8')).toMatch(
    /^127\.0\.0\.1 - - \[-\] "GET \/smart\/logged\/git-upload-pack HTTP\/1\.1" 200 1$/m,
  );
});
