import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { eventually } from './eventually.ts';
import { rig } from './rig.ts';

/** Below those that the system gives out when any will do: a server that starts again finds its port free. */
const ports = [15_000, 20_000] as const;

const program = join(import.meta.dirname, '../../dist/gitkube.js');

interface Announced {
  readonly msg: string;
  readonly port: number;
  readonly httpPort?: number;
  readonly gitHttpsPort?: number;
}

/** The built server as a process of its own, as an operator starts it; started again on the same data folder and port. */
export class Gitkube implements AsyncDisposable {
  readonly dataFolder: string;
  /** GITKUBE_SERVER_NAME: many servers watch one cluster here, and tests give their namespaces to theirs. */
  readonly name: string;
  readonly #env: Record<string, string>;
  #child: ChildProcess | undefined;
  #port = 0;
  #httpPort = 0;
  #gitHttpsPort = 0;
  #startedAt = 0;
  readonly log: string[] = [];

  private constructor(dataFolder: string, env: Record<string, string>) {
    this.dataFolder = dataFolder;
    this.name = basename(dataFolder);
    this.#env = { ...env };
  }

  static async start(env: Record<string, string> = {}): Promise<Gitkube> {
    const gitkube = new Gitkube(await mkdtemp(join(tmpdir(), 'gitkube-data-')), env);
    for (;;) {
      gitkube.#port = randomInt(...ports);
      const taken = await gitkube.start().then(
        () => false,
        (error: Error) => {
          if (!error.message.includes(`port ${gitkube.#port}: another program listens there`)) throw error;
          return true;
        },
      );
      if (!taken) return gitkube;
    }
  }

  get port(): number {
    return this.#port;
  }

  /** Where probes and metrics are; 0 unless GITKUBE_HTTP_LISTEN is set. */
  get httpPort(): number {
    return this.#httpPort;
  }

  /** Where git is served over HTTPS; 0 unless GITKUBE_GIT_HTTPS_LISTEN is set. */
  get gitHttpsPort(): number {
    return this.#gitHttpsPort;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Of the process that has ended; null after a signal that it did not handle. */
  get exitCode(): number | null | undefined {
    return this.#child?.exitCode;
  }

  /** Resolves when the server takes connections; throws with its log when it ends before. */
  async start(changes: Record<string, string> = {}): Promise<void> {
    Object.assign(this.#env, changes);
    this.#startedAt = this.log.length;
    const { kubeconfig, engine, registry, helm, kubectl } = rig();
    const child = spawn(process.execPath, [program, 'serve'], {
      env: {
        PATH: process.env.PATH ?? '',
        GITKUBE_DATA: this.dataFolder,
        GITKUBE_SSH_LISTEN: `127.0.0.1:${this.#port}`,
        GITKUBE_KUBECONFIG: kubeconfig,
        GITKUBE_SERVER_NAME: this.name,
        GITKUBE_ENGINE: engine,
        GITKUBE_REGISTRY: registry,
        GITKUBE_INSECURE_REGISTRIES: registry,
        GITKUBE_HELM: helm,
        GITKUBE_KUBECTL: kubectl,
        ...this.#env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.once('close', (code, signal) => this.#ended(child, code ?? signal));
    createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => this.log.push(line));
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    this.#port = await new Promise<number>((resolve, reject) => {
      lines.on('line', (line) => {
        this.log.push(line);
        const { msg, port, httpPort, gitHttpsPort } = JSON.parse(line) as Announced;
        if (gitHttpsPort !== undefined) this.#gitHttpsPort = gitHttpsPort;
        if (httpPort !== undefined) this.#httpPort = httpPort;
        if (msg === 'ready') resolve(port);
      });
      child.on('close', (code) => reject(new Error(`the server ended with ${code}:\n${this.log.join('\n')}`)));
    });
  }

  /** Resolves when a push that its end before this start cut off is settled; a project with one push has no other. */
  async recovered(): Promise<void> {
    await eventually(async () =>
      this.log.slice(this.#startedAt).some((line) => line.includes('what the last server left is settled')),
    );
  }

  /** As Kubernetes stops a pod. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** As the kernel ends a process that is out of memory. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.dataFolder, { recursive: true, force: true });
  }

  /** A test that fails by it does not say why. */
  #ended(child: ChildProcess, how: number | string | null): void {
    if (child.killed) return;
    process.stderr.write(`${this.name} ended with ${how}:\n${this.log.slice(-5).join('\n')}\n`);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    // Not `exit`: its last lines may still be in the pipe then.
    const gone = once(child, 'close');
    child.kill(signal);
    await gone;
  }
}
