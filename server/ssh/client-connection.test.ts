import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import ssh2, { type ConnectConfig } from 'ssh2';
import { describe, expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import { RawSsh } from '../../test/support/raw-ssh.ts';
import type { OutputPiece } from '../deploys/records/records.ts';
import { GitProcess } from '../git/git-process.ts';
import { generateHostKey, parseHostKey } from './host-key.ts';
import { type SshLimits, SshServer } from './server.ts';

const limits: SshLimits = {
  loginGraceMs: 60_000,
  maxUnauthenticated: 10,
  maxUnauthenticatedPerSource: 10,
  maxConnections: 100,
  patienceMs: 60_000,
  throttle: { freeFailures: 1, firstMs: 1, maxMs: 1, forgetMs: 60_000 },
  maxConnectionsPerKey: 10,
  maxSessionsPerConnection: 10,
  idleMs: 60_000,
  silentMs: 60_000,
  unreadMs: 60_000,
};

const { private: privateKey, public: publicKey } = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 });
const blob = Buffer.from(publicKey.split(' ')[1] ?? '', 'base64');

describe('a client', () => {
  it('that is silent and still there keeps its connection', async () => {
    await using lab = await Lab.start({ silentMs: 120 });
    using client = await lab.connect();
    // Each packet is a question of the server whether it is there, six of them in that time.
    for (let asked = 0; asked < 12; asked++) await once(client.socket, 'data');
    expect(lab.server.connections).toBe(1);
  });

  it.each([
    ['in a push', (client: RawSsh) => client.exec("git-receive-pack '/a/b'")],
    ['in a fetch', (client: RawSsh) => client.exec("git-upload-pack '/a/b'")],
    ['without a session', async () => {}],
  ])('that vanishes %s is disconnected, with all that it has started', async (_, begin) => {
    await using lab = await Lab.start({ silentMs: 600 });
    using client = await lab.connect();
    await begin(client);
    lab.freeze();
    await Promise.all(lab.services.map(({ done }) => done));
    await expect.poll(() => lab.server.connections).toBe(0);
  });

  it('that leaves after its push was received has it finished', async () => {
    await using lab = await Lab.start({ silentMs: 300 });
    lab.received = true;
    lab.program = 'cat >/dev/null; exit 7';
    using client = await lab.connect();
    await client.exec("git-receive-pack '/a/b'");
    lab.freeze();
    expect(await lab.services[0]?.done).toBe(7);
  });

  it('that opens a session and asks for nothing is disconnected', async () => {
    await using lab = await Lab.start({ idleMs: 100 });
    using client = await lab.connect();
    client.protocol.session(0, 2 ** 21, 32_768);
    await client.closed;
  });

  it('that never closes the session of its greeting is disconnected', async () => {
    await using lab = await Lab.start({ idleMs: 100 });
    using client = await lab.connect();
    client.protocol.session(0, 2 ** 21, 32_768);
    client.protocol.shell(0, true);
    await client.closed;
  });

  it('that does not read what its push prints does not delay the push', async () => {
    await using lab = await Lab.start({ unreadMs: 200 });
    lab.received = true;
    lab.program = 'head -c 50000000 /dev/zero; exit 7';
    using client = await lab.connect();
    const { channel } = await client.exec("git-receive-pack '/a/b'");
    channel.pause();
    expect(await lab.services[0]?.done).toBe(7);
  });

  it('that does not read the output of a deploy holds one piece of it, and is disconnected', async () => {
    await using lab = await Lab.start({ unreadMs: 200 });
    using client = await lab.connect();
    const { channel } = await client.exec('output');
    channel.pause();
    await lab.ended.promise;
    // As much as the window of the client and the buffers of the connection take.
    expect(lab.pieces).toBeLessThan(500);
  });

  it('that leaves ends what it followed', async () => {
    await using lab = await Lab.start();
    using client = await lab.connect();
    const { channel } = await client.exec('output');
    channel.close();
    await lab.ended.promise;
  });

  it('that sends a packet over the limit is disconnected with that reason', async () => {
    await using lab = await Lab.start();
    using client = await lab.connect();
    const said = new Promise<Error>((resolve) => client.client.once('error', resolve));
    client.client.exec('a'.repeat(100_000), () => {});
    expect((await said).message).toContain('a command, a name or a variable is too long');
    await expect.poll(() => lab.server.connections).toBe(0);
  });
});

it('a client with an agent full of keys reads how to name one', async () => {
  await using lab = await Lab.start();
  const authHandler = Array.from({ length: 25 }, () => ({ type: 'none', username: 'git' }) as const);
  await expect(lab.connect({ authHandler })).rejects.toThrow('ssh -o IdentitiesOnly=yes -i <file>');
});

describe('key exchanges', () => {
  it('in a row that no data asks for end the connection', async () => {
    await using lab = await Lab.start();
    using client = await lab.connect();
    // Not from within the one before.
    const again = () => setImmediate(() => client.socket.writable && client.protocol.rekey());
    client.client.on('handshake', again);
    again();
    await client.closed;
  });

  it('before the login are limited to one', async () => {
    await using lab = await Lab.start();
    using stranger = await lab.stranger();
    stranger.protocol.rekey();
    await stranger.closed;
  });
});

it('a key has its place until what it has begun has ended', async () => {
  await using lab = await Lab.start({ maxConnectionsPerKey: 1 });
  lab.received = true;
  lab.program = 'exec sleep 600';
  using client = await lab.connect();
  const first = await client.exec("git-receive-pack '/a/b'");
  first.channel.close();
  await first.output;
  const second = await client.exec("git-receive-pack '/a/b'");
  expect(await second.output).toContain('this key has 1 sessions already');
  lab.services[0]?.end();
  await lab.services[0]?.done;
  const third = await client.exec("git-receive-pack '/a/b'");
  third.channel.close();
  expect(await third.output).toBe('');
});

const nobodyAsks = () => Promise.reject(new Error('nobody asks'));

/** A server with a program in the place of git, behind a proxy. */
class Lab implements AsyncDisposable {
  readonly server: SshServer;
  readonly services: GitProcess[] = [];
  received = false;
  program = 'cat';
  /** How many pieces of output were asked for. */
  pieces = 0;
  /** Nobody reads the output any more. */
  readonly ended = Promise.withResolvers<void>();
  readonly #proxy = createServer();
  readonly #sockets: Socket[] = [];

  private constructor(changes: Partial<SshLimits>) {
    const begin = () => {
      const service = new GitProcess(spawn('sh', ['-c', this.program], { detached: true }));
      this.services.push(service);
      return service;
    };
    this.server = new SshServer({
      hostKey: parseHostKey(generateHostKey(), () => new GitkubeError('HostKeyUnusable', 'unreadable')),
      limits: { ...limits, ...changes },
      findKey: (fingerprint) => ({ type: 'ecdsa-sha2-nistp256', blob, comment: 'somebody', fingerprint }),
      backend: {
        urlForm: 'ssh://host',
        greet: () => ['hello'],
        deploys: {
          all: async () => [],
          status: nobodyAsks,
          releases: async () => [],
          refusals: async () => [],
          read: async () => ({ output: this.said(), record: nobodyAsks }),
        },
        states: { watch: nobodyAsks },
        control: { cancel: nobodyAsks, deploy: nobodyAsks },
        locks: { lock: nobodyAsks, unlock: nobodyAsks },
        logs: { read: nobodyAsks },
        diffs: { live: nobodyAsks, releases: nobodyAsks },
        env: { list: nobodyAsks, requireOn: nobodyAsks },
        runs: { run: nobodyAsks },
        keys: { own: () => ({ name: '', fingerprint: '', remotes: [] }), of: nobodyAsks },
        lfsUrl: async () => undefined,
        fetch: async () => begin(),
        push: async () => ({
          remote: { namespace: 'shop', name: 'app' },
          service: begin(),
          received: () => this.received,
          relay: (chunk) => chunk,
        }),
      },
      log: silentLogger,
    });
  }

  /** What the last deploy says: lines without end. */
  async *said(): AsyncGenerator<readonly OutputPiece[]> {
    try {
      for (let n = 1; ; n++) {
        this.pieces = n;
        yield [{ n, ms: 0, kind: 'said', text: 'x'.repeat(30_000) }];
      }
    } finally {
      this.ended.resolve();
    }
  }

  static async start(changes: Partial<SshLimits> = {}): Promise<Lab> {
    const lab = new Lab(changes);
    const port = await lab.server.listen('127.0.0.1', 0);
    lab.#proxy.on('connection', (near) => {
      const far = connect(port, '127.0.0.1');
      lab.#sockets.push(near, far);
      for (const socket of [near, far]) socket.on('error', () => {});
      near.pipe(far).pipe(near);
    });
    lab.#proxy.listen(0, '127.0.0.1');
    await once(lab.#proxy, 'listening');
    return lab;
  }

  connect(config: ConnectConfig = {}): Promise<RawSsh> {
    return RawSsh.connect(this.#port, { privateKey, ...config });
  }

  stranger(): Promise<RawSsh> {
    return RawSsh.stranger(this.#port);
  }

  /** Nothing is passed on any more, and nothing closed: as where a laptop sleeps, or a NAT has forgotten. */
  freeze(): void {
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  get #port(): number {
    return (this.#proxy.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#proxy.close();
    for (const service of this.services) service.end();
    await this.server.close(2000);
    await Promise.all(this.services.map(({ done }) => done));
  }
}
