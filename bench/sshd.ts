import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from '../test/support/command.ts';
import { eventually } from '../test/support/eventually.ts';
import { answers, freePort } from './free-port.ts';

/** OpenSSH's own server with bare repositories behind it: the rival for transport. */
export class Sshd implements AsyncDisposable {
  readonly port: number;
  readonly folder: string;
  readonly #child: ChildProcess;

  private constructor(port: number, folder: string, child: ChildProcess) {
    this.port = port;
    this.folder = folder;
    this.#child = child;
  }

  /** @param publicKey the file of the key that may log in, as the user that runs this */
  static async start(publicKey: string): Promise<Sshd> {
    const folder = await mkdtemp(join(tmpdir(), 'gitkube-sshd-'));
    await mkdir('/run/sshd', { recursive: true });
    await must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'host_key')]);
    await copyFile(publicKey, join(folder, 'authorized_keys'));
    const port = await freePort();
    const config = join(folder, 'sshd_config');
    await writeFile(
      config,
      [
        `Port ${port}`,
        'ListenAddress 127.0.0.1',
        `HostKey ${folder}/host_key`,
        `AuthorizedKeysFile ${folder}/authorized_keys`,
        'StrictModes no',
        'PermitRootLogin yes',
        'UsePAM no',
        'PidFile none',
      ].join('\n'),
    );
    const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', config], { stdio: 'ignore' });
    await eventually(() => answers(port));
    return new Sshd(port, folder, child);
  }

  async repository(name: string): Promise<string> {
    const path = join(this.folder, `${name}.git`);
    await must('git', ['init', '-q', '--bare', path]);
    return `ssh://127.0.0.1:${this.port}${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill();
    await gone;
    await rm(this.folder, { recursive: true, force: true });
  }
}
