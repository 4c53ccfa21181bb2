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
    await furnish(shell.home, [`Host ${documentedHost}`, 'HostName 127.0.0.1', `Port ${port}`]);
    await writeProgram(shell.home, 'gitkube', `'${process.execPath}' '${program}'`);
    await writeProgram(shell.home, 'kubectl', `'${rig().kubectl}'`);
    return shell;
  }

  get env(): Record<string, string> {
    const PATH = `${join(this.home, 'bin')}:${process.env.PATH}`;
    return { PATH, HOME: this.home, KUBECONFIG: rig().kubeconfig, GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C.UTF-8' };
  }

  get publicKey(): string {
    return publicKeyIn(this.home);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.home, { recursive: true });
  }
}

export function publicKeyIn(home: string): string {
  return join(home, '.ssh/id_ed25519.pub');
}

/**
 * Gives a home a key, a name for commits, and in its folder `bin` an ssh that uses them.
 * @param hosts lines of ssh_config(5) that come first
 */
export async function furnish(home: string, hosts: readonly string[]): Promise<void> {
  const key = join(home, '.ssh/id_ed25519');
  await mkdir(join(home, '.ssh'), { mode: 0o700 });
  await must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'alice@laptop', '-f', key]);
  await writeFile(join(home, '.gitconfig'), '[user]\n\tname = Alice\n\temail = alice@example.com\n');
  const trust = ['StrictHostKeyChecking no', 'UserKnownHostsFile /dev/null', 'LogLevel ERROR'];
  const config = [...hosts, `IdentityFile ${key}`, 'IdentitiesOnly yes', ...trust].join('\n');
  await writeFile(join(home, '.ssh/config'), config);
  // ssh reads the home of the account, whatever HOME says.
  await writeProgram(home, 'ssh', `/usr/bin/ssh -F '${join(home, '.ssh/config')}'`);
}

/** A program of that name in the folder `bin` of a home. */
export async function writeProgram(home: string, name: string, command: string): Promise<void> {
  const file = join(home, 'bin', name);
  await mkdir(join(home, 'bin'), { recursive: true });
  await writeFile(file, `#!/bin/sh\nexec ${command} "$@"\n`);
  await chmod(file, 0o755);
}
