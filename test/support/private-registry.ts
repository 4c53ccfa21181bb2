import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';

/** A real registry that asks for a password, on a loopback address. */
export class PrivateRegistry implements AsyncDisposable {
  readonly username = 'ann';
  readonly password = 'secret';
  readonly host: string;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(host: string, child: ChildProcess, folder: string) {
    this.host = host;
    this.#child = child;
    this.#folder = folder;
  }

  static async start(): Promise<PrivateRegistry> {
    const folder = await mkdtemp(join(tmpdir(), 'gitkube-registry-'));
    const host = `127.0.0.1:${randomInt(20_000, 30_000)}`;
    const htpasswd = join(folder, 'htpasswd');
    await writeFile(htpasswd, `ann:${bcryptOfSecret}\n`);
    const config = join(folder, 'config.json');
    await writeFile(
      config,
      JSON.stringify({
        version: '0.1',
        log: { level: 'error', accesslog: { disabled: true } },
        storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
        auth: { htpasswd: { realm: 'test', path: htpasswd } },
        http: { addr: host },
      }),
    );
    const child = spawn('docker-registry', ['serve', config], { stdio: 'ignore' });
    const registry = new PrivateRegistry(host, child, folder);
    await eventually(async () => (await fetch(`http://${host}/v2/`)).status === 401);
    return registry;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill();
    await ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

const bcryptOfSecret = '$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a';
