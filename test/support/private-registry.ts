import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

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
    const htpasswd = join(folder, 'htpasswd');
    await writeFile(htpasswd, `ann:${bcryptOfSecret}\n`);
    const config = join(folder, 'config.json');
    await writeFile(
      config,
      JSON.stringify({
        version: '0.1',
        log: { level: 'info', accesslog: { disabled: true } },
        storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
        auth: { htpasswd: { realm: 'test', path: htpasswd } },
        http: { addr: '127.0.0.1:0' },
      }),
    );
    const child = spawn('docker-registry', ['serve', config], { stdio: ['ignore', 'ignore', 'pipe'] });
    const host = await new Promise<string>((resolve, reject) => {
      child.on('error', reject).on('exit', (code) => reject(new Error(`the registry ended with ${code}`)));
      createInterface({ input: child.stderr }).on('line', (line) => {
        const [, address] = /listening on ([\d.:]+)/.exec(line) ?? [];
        if (address !== undefined) resolve(address);
      });
    });
    return new PrivateRegistry(host, child, folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    // A signal to the whole group, as of Ctrl-C, has ended it already.
    const ended = exitCode === null && signalCode === null ? once(this.#child, 'exit') : undefined;
    this.#child.kill();
    await ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

const bcryptOfSecret = '$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a';
