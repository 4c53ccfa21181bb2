import { readFile } from 'node:fs/promises';
import ssh2 from 'ssh2';
import { RawSsh } from '../support/raw-ssh.ts';
import { type Attack, fell, type Outcome, type Surface, stood } from './attack.ts';
import { basic, requestOf, speak, statusOf } from './http-bytes.ts';
import type { Victim } from './victim.ts';

/** Offers one key, does not sign with it, and goes on with another one. */
class TwoFaced extends ssh2.BaseAgent {
  readonly #offered: ssh2.ParsedKey;
  readonly #own: ssh2.ParsedKey;

  constructor(offered: ssh2.ParsedKey, own: ssh2.ParsedKey) {
    super();
    this.#offered = offered;
    this.#own = own;
  }

  override getIdentities(reply: (error: Error | null, keys?: ssh2.ParsedKey[]) => void): void {
    reply(null, [this.#offered, this.#own]);
  }

  override sign(key: ssh2.ParsedKey, data: Buffer, ...rest: unknown[]): void {
    const reply = rest.at(-1) as (error?: Error, signature?: Buffer) => void;
    const isOwn = key.getPublicSSH().equals(this.#own.getPublicSSH());
    if (isOwn) reply(undefined, this.#own.sign(data));
    else reply(new Error('has only the public half'));
  }
}

async function parsed(file: string): Promise<ssh2.ParsedKey> {
  return ssh2.utils.parseKey(await readFile(file)) as ssh2.ParsedKey;
}

async function lists(victim: Victim, connection: RawSsh, path: string): Promise<Outcome> {
  using ssh = connection;
  const command = await ssh.exec(`git-upload-pack '${path}'`).catch(() => undefined);
  if (!command) return stood('refuses the command');
  command.channel.end('0000');
  const output = await command.output;
  return output.includes(victim.main) ? fell('lists its refs') : stood('no Remote accepts the key');
}

const attacks: readonly Attack[] = [
  {
    incident: 'GHSA-pchf-49fh-w34r (Soft Serve), CVE-2024-45337 (Go)',
    what: 'a key of somebody else is offered, and the own one signs',
    async attempt(victim) {
      // With the key of the other one against what is of the first one: by its name alone that is refused.
      const agent = new TwoFaced(await parsed(`${victim.keyFile}.pub`), await parsed(victim.other.keyFile));
      return lists(victim, await RawSsh.connect(victim.sshPort, { agent }), victim.path);
    },
  },
  {
    incident: 'Deis Workflow: strings.Contains(apps, repoName)',
    what: 'the key of a namespace for another one whose name is a part of its name',
    async attempt(victim) {
      const connection = await RawSsh.connect(victim.sshPort, { privateKey: await readFile(victim.keyFile) });
      return lists(victim, connection, victim.other.path);
    },
  },
  {
    incident: 'CWE-639: authenticate() that does not look at repo',
    what: 'a token of one Remote for a push to another one',
    async attempt(victim) {
      const target = `${victim.other.path}/info/refs?service=git-receive-pack`;
      const answer = await speak(victim, requestOf({ target, headers: [basic(victim.token)] }));
      return statusOf(answer) === '200' ? fell('200, offers to push to it') : stood(statusOf(answer));
    },
  },
];

export const identity: Surface = { name: 'identity', attacks };
