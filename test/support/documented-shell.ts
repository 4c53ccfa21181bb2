import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { program } from './cli.ts';
import { must } from './command.ts';
import { rig } from './rig.ts';

/** How the documentation calls the server. */
export const documentedHost = 'dev.example.com';

/** What a reader has who follows the documentation: a home with a key, and the programs under their names. */
export class DocumentedShell implements AsyncDisposable {
  readonly home: string;

  private constructor(home: string) {
    this.home = home;
  }

  /** @param port of the server on this machine that is `dev.example.com` there */
  static async create(port: number): Promise<DocumentedShell> {
    const shell = new DocumentedShell(await mkdtemp(join(tmpdir(), 'gitkube-home-')));
    await mkdir(join(shell.home, '.ssh'));
    await mkdir(join(shell.home, 'bin'));
    const key = join(shell.home, '.ssh/id_ed25519');
    await must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'alice@laptop', '-f', key]);
    await writeFile(join(shell.home, '.ssh/config'), sshConfig(port, key));
    await writeFile(join(shell.home, '.gitconfig'), '[user]\n\tname = Alice\n\temail = alice@example.com\n');
    // ssh reads the home of the account, whatever HOME says.
    await shell.#program('ssh', `/usr/bin/ssh -F '${join(shell.home, '.ssh/config')}'`);
    await shell.#program('gitkube', `'${process.execPath}' '${program}'`);
    await shell.#program('kubectl', `'${rig().kubectl}'`);
    return shell;
  }

  get env(): Record<string, string> {
    const PATH = `${join(this.home, 'bin')}:${process.env.PATH}`;
    return { PATH, HOME: this.home, KUBECONFIG: rig().kubeconfig, GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C.UTF-8' };
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

function sshConfig(port: number, key: string): string {
  return [
    `Host ${documentedHost}`,
    'HostName 127.0.0.1',
    `Port ${port}`,
    `IdentityFile ${key}`,
    'IdentitiesOnly yes',
    'StrictHostKeyChecking no',
    'UserKnownHostsFile /dev/null',
    'LogLevel ERROR',
  ].join('\n');
}
