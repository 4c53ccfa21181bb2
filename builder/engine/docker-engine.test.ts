import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Duplex, Readable } from 'node:stream';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { silentLogger as log } from '../../base/log.ts';
import { createEngine } from './docker-engine.ts';
import type { EngineBuild } from './engine.ts';

// What a real engine does is tested with a real one, in test/e2e/builder.test.ts; here are the faults.
const folder = mkdtempSync(join(tmpdir(), 'gitkube-engine-'));
const host = `unix://${folder}/docker.sock`;
let server: http.Server | undefined;

afterEach(() => {
  server?.close().closeAllConnections();
  server = undefined;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const version = { Version: '0', ApiVersion: '1.24', Os: 'linux', Arch: 'amd64' };

async function serve(handler: (response: http.ServerResponse, request: http.IncomingMessage) => void): Promise<void> {
  server = http.createServer((request, response) => {
    if (request.url === '/version') response.end(JSON.stringify(version));
    else handler(response, request);
  });
  await new Promise<void>((resolve) => server?.listen(`${folder}/docker.sock`, resolve));
}

function build(change: Partial<EngineBuild> = {}): EngineBuild {
  const context = Readable.from([Buffer.alloc(1024)], { objectMode: false });
  const { signal } = new AbortController();
  const nothing = { buildArgs: {}, labels: {}, noCache: false, pull: false, onEvent: () => {} };
  return { tag: 'a:b', dockerfile: 'Dockerfile', context, signal, ...nothing, ...change };
}

const push = { repository: 'r.example/a', tag: 't', signal: new AbortController().signal, onMessage: () => {} };

describe('a build', () => {
  it.each<[string, (response: http.ServerResponse) => void, RegExp]>([
    ['breaks off', (response) => response.write('{"stream":"x"}\n', () => response.destroy()), /closed the connection/],
    ['ends without an image', (response) => response.end('{"stream":"Successfully something"}\n'), /without an image/],
    ['is refused for a while', (response) => response.writeHead(503).end('{"message":"starting"}'), /does not answer/],
  ])('that %s is reported as a fault of the engine', async (_, handler, message) => {
    await serve(handler);
    const given = build();
    await expect(createEngine({ host, log }).build(given)).rejects.toMatchObject({
      reason: 'EngineUnavailable',
      message: expect.stringMatching(message),
    });
    expect(given.context.destroyed).toBe(true);
  });

  it('fails with an error in the middle of a 200, even when an image id follows', async () => {
    await serve((response) =>
      response.end('{"errorDetail":{"code":9,"message":"no"},"error":"no"}\n{"aux":{"ID":"sha256:1"}}\n'),
    );
    await expect(createEngine({ host, log }).build(build())).resolves.toEqual({
      failure: { message: 'no', exitCode: 9 },
    });
  });

  it('fails with what the engine says against the request', async () => {
    await serve((response) => response.writeHead(400).end('{"message":"parse error line 3"}'));
    await expect(createEngine({ host, log }).build(build())).resolves.toEqual({
      failure: { message: 'parse error line 3' },
    });
  });

  it('survives bytes that are not JSON, and characters cut in two', async () => {
    const logs: string[] = [];
    await serve((response) => {
      const text = Buffer.from(
        'no json\n{"stream":"Step 1/1 : RUN x"}\n{"stream":"grün\\n"}\n{"aux":{"ID":"sha256:1"}}\n',
      );
      const cut = text.indexOf('ü') + 1;
      response.write(text.subarray(0, cut), () => setImmediate(() => response.end(text.subarray(cut))));
    });
    const onEvent: EngineBuild['onEvent'] = (event) => {
      if (event.kind === 'log') logs.push(String(event.text));
    };
    await expect(createEngine({ host, log }).build(build({ onEvent }))).resolves.toEqual({ imageId: 'sha256:1' });
    expect(logs).toEqual(['grün\n']);
  });

  it('stops sending the context when it is ended, and gives the reason', async () => {
    const stop = new AbortController();
    await serve((_, request) => request.once('data', () => stop.abort(new Error('enough'))));
    const context = new Readable({ read: (size) => void context.push(Buffer.alloc(size)) });
    await expect(createEngine({ host, log }).build(build({ context, signal: stop.signal }))).rejects.toThrow('enough');
    expect(context.destroyed).toBe(true);
  });

  it('never sends a password where every registry would get it', async () => {
    const headers: http.IncomingHttpHeaders[] = [];
    await serve((response, request) => {
      headers.push(request.headers);
      request.resume().on('end', () => response.end('{"aux":{"ID":"sha256:1"}}\n'));
    });
    const credentials = { host: 'docker.io', username: 'ann', password: 'secret' };
    await createEngine({ host, log }).build(build({ credentials }));
    expect(headers[0]).not.toHaveProperty('x-registry-auth');
    const config = JSON.parse(Buffer.from(String(headers[0]?.['x-registry-config']), 'base64').toString());
    expect(Object.keys(config)).toEqual(['https://index.docker.io/v1/']);
  });
});

describe('a build whose Dockerfile is not in the context', () => {
  const dockerfile = { name: 'Dockerfile', content: Buffer.from('FROM scratch') };

  it('names what it needs when the engine, or a proxy before it, refuses that', async () => {
    await serve(() => {});
    server?.on('upgrade', ({ url }: http.IncomingMessage, socket: Duplex) => {
      const allowed = url === '/session';
      socket.on('error', () => {});
      if (allowed) socket.write('HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
      else socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno');
    });
    const given = build({ dockerfile });
    await expect(createEngine({ host, log, builder: 'buildkit' }).build(given)).resolves.toEqual({
      failure: {
        message: 'the engine refuses POST /grpc, which a Dockerfile that is not in the context needs: no',
      },
    });
    expect(given.context.destroyed).toBe(true);
  });
});

describe('a push', () => {
  it('succeeds by a digest only', async () => {
    await serve((response, { url = '' }) =>
      response.end(url.startsWith('/images/r.example/a:t/json') ? '{"RepoDigests":[]}' : '{"status":"done"}\n'),
    );
    await expect(createEngine({ host, log }).push(push)).resolves.toEqual({
      failure: 'the engine names no digest for the pushed image',
    });
  });

  it('takes the digest from the engine’s own list when the push did not name it', async () => {
    const digest = `sha256:${'1'.repeat(64)}`;
    await serve((response, { url = '' }) =>
      response.end(
        url.includes('/json') ? JSON.stringify({ RepoDigests: [`x@sha256:0`, `r.example/a@${digest}`] }) : '{}\n',
      ),
    );
    await expect(createEngine({ host, log }).push(push)).resolves.toEqual({ digest });
  });

  it.each([
    ['no JSON', 'digest'],
    ['another shape', '{"RepoDigests":{"find":1}}'],
    ['something that is no digest', '{"RepoDigests":[7,"r.example/a@latest, evil"]}'],
  ])('reports %s from the engine by its cause', async (_, answer) => {
    await serve((response, { url = '' }) => response.end(url.includes('/json') ? answer : '{}\n'));
    const outcome = await createEngine({ host, log })
      .push(push)
      .catch((error: unknown) => error);
    expect(outcome).toMatchObject(
      answer === 'digest' ? { reason: 'EngineUnavailable' } : { failure: expect.stringContaining('names no digest') },
    );
  });

  it('survives messages of any shape, and passes on the valid ones', async () => {
    const messages: unknown[] = [];
    await serve((response) =>
      response.end(
        [
          ...['7', '[1]', 'null', '"x"', '{"id":7,"status":{},"progressDetail":[1],"aux":null}'],
          '{"id":"a","status":"Pushing","progressDetail":{"current":"1","total":2}}',
          '{"error":{"code":5}}',
        ].join('\n'),
      ),
    );
    const onMessage = (message: unknown) => void messages.push(message);
    await expect(createEngine({ host, log }).push({ ...push, onMessage })).resolves.toEqual({ failure: '{"code":5}' });
    expect(messages).toEqual([
      { aux: null },
      { id: 'a', status: 'Pushing', progressDetail: { total: 2 } },
      { error: '{"code":5}' },
    ]);
  });

  it('fails with an error in the middle of a 200', async () => {
    await serve((response) => response.end('{"errorDetail":{"message":"denied: no"},"error":"denied: no"}\n'));
    await expect(createEngine({ host, log }).push(push)).resolves.toEqual({ failure: 'denied: no' });
  });
});

describe('what answers in the place of a registry', () => {
  it.each([
    `invalid character '<' looking for beginning of value: "<html>\\r\\n<body>secret</body>"`,
    'unexpected end of JSON input: ""',
    'no error details found in HTTP response body: "{\\"secret\\":1}"',
    'invalid character "s": "two\nlines, and a secret"',
  ])('is shown by its status alone, and not by %j', async (body) => {
    const text = `error parsing HTTP 403 response body: ${body}`;
    await serve((response, { method }) => {
      if (method === 'POST') response.end(`${JSON.stringify({ errorDetail: { message: text }, error: text })}\n`);
    });
    const failure = { failure: expect.objectContaining({ message: 'HTTP 403' }) };
    await expect(createEngine({ host, log }).build(build())).resolves.toEqual(failure);
    await expect(createEngine({ host, log }).push(push)).resolves.toEqual({ failure: 'HTTP 403' });
    server?.close();
    await serve((response) => response.writeHead(500).end(JSON.stringify({ message: `Head "x": ${text}` })));
    await expect(createEngine({ host, log }).build(build())).resolves.toEqual({
      failure: { message: 'Head "x": HTTP 403' },
    });
  });
});

describe('an engine that does not answer', () => {
  it('has a time limit for everything but builds and pushes', async () => {
    const stuck = new Set<string>();
    server = http.createServer(({ url = '' }) => void stuck.add(url));
    await new Promise<void>((resolve) => server?.listen(`${folder}/docker.sock`, resolve));
    const engine = createEngine({ host, log, answerMs: 50 });
    const late = { reason: 'EngineUnavailable', message: `the Docker Engine at ${host} has not answered for 0.05 s` };
    const { signal } = new AbortController();
    await expect(engine.info(signal)).rejects.toMatchObject(late);
    await expect(engine.ping(signal)).rejects.toMatchObject(late);
    await expect(engine.forget('a', 't', signal)).rejects.toMatchObject(late);
    await expect(engine.build(build())).rejects.toMatchObject(late);
    expect([...stuck]).toEqual(['/version', '/_ping']);
  });

  it('has a time limit for the session of a build and for the removal of an image, too', async () => {
    const stuck: string[] = [];
    await serve((_, { method, url }) => void stuck.push(`${method} ${url}`));
    const engine = createEngine({ host, log, answerMs: 200, builder: 'buildkit' });
    await expect(engine.build(build())).rejects.toMatchObject({ reason: 'EngineUnavailable' });
    await expect(engine.forget('a', 't', new AbortController().signal)).rejects.toMatchObject({
      reason: 'EngineUnavailable',
    });
    expect(stuck).toEqual(['POST /session', 'DELETE /images/a:t']);
  });
});

describe('createEngine', () => {
  it('reports a server that is no engine as unavailable', async () => {
    server = http.createServer((_, response) => response.end('<html>'));
    await new Promise<void>((resolve) => server?.listen(`${folder}/docker.sock`, resolve));
    await expect(createEngine({ host, log }).info(new AbortController().signal)).rejects.toMatchObject({
      reason: 'EngineUnavailable',
    });
  });

  it.each(['ftp://x', 'docker.sock', 'tcp://'])('refuses the address %s', (address) => {
    expect(() => createEngine({ host: address, log })).toThrow(expect.objectContaining({ reason: 'ConfigInvalid' }));
  });

  it('uses the given address, whatever DOCKER_HOST says', async () => {
    vi.stubEnv('DOCKER_HOST', 'tcp://192.0.2.1:1');
    await serve(() => {});
    await expect(createEngine({ host, log }).info(new AbortController().signal)).resolves.toMatchObject({
      platform: 'linux/amd64',
      buildkit: false,
    });
  });
});
