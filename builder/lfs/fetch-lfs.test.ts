import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FetchLfsInputs, fetchLfs } from './fetch-lfs.ts';
import { LfsClient } from './lfs-client.ts';

/** A server that does what no real one can be made to. */
let server: Server;
let folder: string;
let contents: Map<string, Buffer>;
let asked: string[];
let said: string[];
/** Changes of the answer to a batch. */
let answerWith: (oid: string, href: string) => object;
let hangs: boolean;

const content = Buffer.from('the content');
const oidOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const pointer = { oid: oidOf(content), size: content.length };

beforeEach(async () => {
  [contents, asked, said, hangs] = [new Map([[pointer.oid, content]]), [], [], false];
  answerWith = (_oid, href) => ({ actions: { download: { href, header: { 'x-token': 'mine' } } } });
  folder = await mkdtemp(join(tmpdir(), 'gitkube-lfs-'));
  server = createServer(async (request, response) => {
    const { url = '', headers } = request;
    asked.push(`${url} ${headers['x-token'] ?? headers.authorization ?? ''}`.trim());
    const body: Buffer[] = [];
    for await (const chunk of request) body.push(chunk as Buffer);
    if (url !== '/info/lfs/objects/batch') {
      const found = contents.get(url.slice(1));
      response.writeHead(found ? 200 : 404);
      if (hangs) return void response.write('t');
      return void response.end(found);
    }
    const { objects } = JSON.parse(Buffer.concat(body).toString()) as { objects: { oid: string }[] };
    const answers = objects.map(({ oid }) => ({ oid, ...answerWith(oid, `http://${host()}/${oid}`) }));
    response.writeHead(200, { 'content-type': 'application/vnd.git-lfs+json' });
    response.end(JSON.stringify({ transfer: 'basic', objects: answers }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

function host(): string {
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function client(changes: object = {}) {
  return new LfsClient({ url: `http://${host()}/info/lfs/`, ...changes }, { insecureHosts: [], silentMs: 2000 });
}

function inputs(changes: Partial<FetchLfsInputs> = {}): FetchLfsInputs {
  const say = (line: string) => void said.push(line);
  const { signal } = new AbortController();
  return { client: client(), folder, maxBytes: 1000, maxKeptBytes: 10_000, stallMs: 5000, say, signal, ...changes };
}

describe('files of Git LFS', () => {
  it('are fetched once, with what the server wants to have for it, and kept', async () => {
    const paths = await fetchLfs([pointer, pointer], inputs());
    expect(await readFile(paths.get(pointer.oid) ?? '')).toEqual(content);
    expect(asked).toEqual(['/info/lfs/objects/batch', `/${pointer.oid} mine`]);
    expect(said).toEqual(['fetching 1 file of Git LFS, 11 bytes']);
    await fetchLfs([pointer], inputs());
    expect(asked).toHaveLength(2);
    expect(await readdir(folder)).toEqual([pointer.oid]);
  });

  it('that no build has used for two weeks are deleted', async () => {
    const old = new Date(Date.now() - 15 * 24 * 3_600_000);
    for (const name of ['unused', `${pointer.oid}.1.part`]) {
      await writeFile(join(folder, name), '');
      await utimes(join(folder, name), old, old);
    }
    await fetchLfs([pointer], inputs());
    expect(await readdir(folder)).toEqual([pointer.oid]);
  });

  it('that are kept have a limit of their bytes, and the least recently used go first', async () => {
    for (const [name, minutes] of [
      ['older', 20],
      ['newer', 10],
    ] as const) {
      await writeFile(join(folder, name), Buffer.alloc(60));
      const at = new Date(Date.now() - minutes * 60_000);
      await utimes(join(folder, name), at, at);
    }
    await fetchLfs([pointer], inputs({ maxKeptBytes: 100 }));
    expect((await readdir(folder)).sort()).toEqual([pointer.oid, 'newer'].sort());
  });

  it('are fetched again where less of one is there than there should be', async () => {
    await writeFile(join(folder, pointer.oid), 'the');
    const paths = await fetchLfs([pointer], inputs());
    expect(await readFile(paths.get(pointer.oid) ?? '')).toEqual(content);
  });

  it('are asked for with the login of the Remote', async () => {
    await fetchLfs([pointer], inputs({ client: client({ credentials: { username: 'ann', password: 'secret' } }) }));
    expect(asked[0]).toBe(`/info/lfs/objects/batch Basic ${Buffer.from('ann:secret').toString('base64')}`);
  });

  it.each([
    ['other', Buffer.from('the c0ntent')],
    ['shorter', Buffer.from('the')],
    ['longer', Buffer.from('the content and more')],
  ])('are refused where the server has %s bytes', async (_what, wrong) => {
    contents.set(pointer.oid, wrong);
    await expect(fetchLfs([pointer], inputs())).rejects.toThrow('is something else');
    expect(await readdir(folder)).toEqual([]);
  });

  it('are refused before any is fetched where they have more bytes than a build context may', async () => {
    await expect(fetchLfs([pointer], inputs({ maxBytes: 10 }))).rejects.toMatchObject({ reason: 'ContextTooLarge' });
    expect(asked).toEqual([]);
  });

  it('that the server does not have are named', async () => {
    answerWith = () => ({ error: { code: 404, message: 'Object does not exist' } });
    await expect(fetchLfs([pointer], inputs())).rejects.toThrow(
      `has no ${pointer.oid.slice(0, 12)} (404: Object does not exist)`,
    );
  });

  it('that stop to come end the fetch', async () => {
    hangs = true;
    await expect(fetchLfs([pointer], inputs({ stallMs: 200 }))).rejects.toThrow(
      /no byte of \w+ has come .* for 0\.2 s/,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('are not fetched from an address that is less public than the server', async () => {
    answerWith = () => ({ actions: { download: { href: 'http://127.0.0.1:1/secret' } } });
    await expect(fetchLfs([pointer], inputs())).rejects.toThrow(
      'has its objects at an address that this server must not read',
    );
  });
});

describe('an LFS server', () => {
  it.each([
    ['ftp://lfs.example.com/x', 'is no http or https URL'],
    ['http://lfs.example.com/x', 'has no TLS, and the operator of this server has not allowed that for it'],
  ])('at %s is refused', (url, why) => {
    expect(() => client({ url })).toThrow(`spec.lfs.url ${url} ${why}`);
  });

  it('that does not answer is named', async () => {
    const gone = client({ url: 'http://127.0.0.1:1/info/lfs' });
    await expect(fetchLfs([pointer], inputs({ client: gone }))).rejects.toThrow(
      '127.0.0.1:1 does not answer (ECONNREFUSED)',
    );
  });
});
