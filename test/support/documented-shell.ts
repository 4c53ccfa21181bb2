import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { program } from './cli.ts';
import { must } from './command.ts';
import { rig } from './rig.ts';

/** How the documentation calls the server. */
export const documentedHost = 'dev.example.com';

/** What the reader uses, and where the server answers that is `dev.example.com` in the documentation. */
export interface Installation {
  readonly host: string;
  readonly port: number;
  readonly kubeconfig: string;
  /** Commands by the names that are typed. */
  readonly programs: Readonly<Record<string, string>>;
}

/** What a reader has who follows the documentation: a home with a key, and the programs under their names. */
export class DocumentedShell implements AsyncDisposable {
  readonly home: string;
  readonly #kubeconfig: string;

  private constructor(home: string, kubeconfig: string) {
    this.home = home;
    this.#kubeconfig = kubeconfig;
  }

  /** @param port of the server on this machine that is `dev.example.com` there */
  static create(port: number): Promise<DocumentedShell> {
    const programs = { gitkube: `'${process.execPath}' '${program}'`, kubectl: `'${rig().kubectl}'` };
    return DocumentedShell.for({ host: '127.0.0.1', port, kubeconfig: rig().kubeconfig, programs });
  }

  static async for({ host, port, kubeconfig, programs }: Installation): Promise<DocumentedShell> {
    const shell = new DocumentedShell(await mkdtemp(join(tmpdir(), 'gitkube-home-')), kubeconfig);
    await mkdir(join(shell.home, '.ssh'));
    await mkdir(join(shell.home, 'bin'));
    const key = join(shell.home, '.ssh/id_ed25519');
    await must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'alice@laptop', '-f', key]);
    await writeFile(join(shell.home, '.ssh/config'), sshConfig(host, port, key));
    await writeFile(join(shell.home, '.gitconfig'), '[user]\n\tname = Alice\n\temail = alice@example.com\n');
    // ssh reads the home of the account, whatever HOME says.
    await shell.#program('ssh', `/usr/bin/ssh -F '${join(shell.home, '.ssh/config')}'`);
    for (const [name, command] of Object.entries(programs)) await shell.#program(name, command);
    return shell;
  }

  get env(): Record<string, string> {
    const PATH = `${join(this.home, 'bin')}:${process.env.PATH}`;
    return { PATH, HOME: this.home, KUBECONFIG: this.#kubeconfig, GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C.UTF-8' };
  }

  get publicKey(): string {
    return join(this.home, '.ssh/id_ed25519.pub');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.home, { recursive: true });
  }

  async #program(name: string, command: string): Promise<void> {
    const file = join(this.home, 'bin', name);
    await writeFile(file, `#!/bin/sh\nexec ${command} "$@"\n`);
    await chmod(file, 0o755);
  }
}

function sshConfig(host: string, port: number, key: string): string {
  return [
    `Host ${documentedHost}`,
    `HostName ${host}`,
    `Port ${port}`,
    `IdentityFile ${key}`,
    'IdentitiesOnly yes',
    'StrictHostKeyChecking no',
    'UserKnownHostsFile /dev/null',
    'LogLevel ERROR',
  ].join('\n');
}
