import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cli } from './cli.ts';
import type { Finished } from './command.ts';
import { Gitkube } from './gitkube.ts';
import { TestNamespace } from './kubectl.ts';
import { sshKeys } from './ssh-keys.ts';

export const alice = `ssh-ed25519 ${sshKeys.ed25519.base64} alice@laptop`;
export const bob = `ecdsa-sha2-nistp256 ${sshKeys.ecdsa256.base64} bob`;

/** What an operator at the command line has: a server, a namespace and a folder. */
export class CliLab implements AsyncDisposable {
  readonly gitkube: Gitkube;
  readonly #namespace: TestNamespace;
  readonly folder: string;

  private constructor(gitkube: Gitkube, namespace: TestNamespace, folder: string) {
    this.gitkube = gitkube;
    this.#namespace = namespace;
    this.folder = folder;
  }

  static async start(): Promise<CliLab> {
    const gitkube = await Gitkube.start({ GITKUBE_PUBLIC_ADDRESS: 'dev.example.com:2222' });
    return new CliLab(
      gitkube,
      await TestNamespace.create('cli', gitkube),
      await mkdtemp(join(tmpdir(), 'gitkube-cli-')),
    );
  }

  get namespace(): string {
    return this.#namespace.name;
  }

  /** gitkube in this namespace. */
  inNamespace(...args: string[]): Promise<Finished> {
    return cli(['-n', this.namespace, ...args]);
  }

  /** `gitkube remote create` of these documents from stdin. */
  create(documents: readonly object[], ...args: string[]): Promise<Finished> {
    const input = documents.map((document) => JSON.stringify(document)).join('\n---\n');
    return cli(['-n', this.namespace, 'remote', 'create', '-f', '-', ...args], { input });
  }

  async fileOf(document: object): Promise<string> {
    const file = join(this.folder, `${randomBytes(4).toString('hex')}.yaml`);
    await writeFile(file, JSON.stringify(document));
    return file;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gitkube[Symbol.asyncDispose]();
    await this.#namespace[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A Remote that Alice may push to. */
export function remote(name: string, spec: Record<string, unknown> = {}, metadata: Record<string, unknown> = {}) {
  return {
    apiVersion: 'gitkube.sh/v1alpha1',
    kind: 'Remote',
    metadata: { name, ...metadata },
    spec: { authorizedKeys: [alice], deployments: [{ name: 'www', containers: [{ name: 'www' }] }], ...spec },
  };
}
