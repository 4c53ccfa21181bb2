import { readFile } from 'node:fs/promises';
import { RawSsh } from '../support/raw-ssh.ts';
import { type Attack, fell, type Outcome, type Surface, stood } from './attack.ts';
import { left } from './look.ts';
import { offerOf } from './raw-kex.ts';
import { sshFloods } from './ssh-floods.ts';
import type { Victim } from './victim.ts';

export async function login(victim: Victim): Promise<RawSsh> {
  return RawSsh.connect(victim.sshPort, { privateKey: await readFile(victim.keyFile) });
}

/** @returns all that the command prints, cut short */
async function runs(victim: Victim, command: string, env?: Record<string, string>): Promise<string> {
  using ssh = await login(victim);
  const { channel, output } = await ssh.exec(command, env ? { env } : {}).catch((error: Error) => {
    throw new Error(`${command}: ${error.message}`);
  });
  // A fetch of everything, for what git only does then.
  channel.end(`0032want ${victim.main}\n00000009done\n`);
  // Awaited here: with its end the connection is closed.
  return await output;
}

function created(victim: Victim, name: string): Outcome {
  return left(victim, name).length > 0 ? fell(`the file ${name} is there`) : stood('no such file');
}

/** A command that is meant for a shell. @param command makes a file of the name that it is given */
function shell(what: string, command: (path: string, file: string) => string): Attack {
  return {
    incident: 'CWE-78: the command of an exec request in a shell',
    what,
    async attempt(victim) {
      const file = `mark-${what.replace(/\W+/g, '-')}`;
      await runs(victim, command(victim.path, `${victim.data}/${file}`));
      return created(victim, file);
    },
  };
}

function option(incident: string, command: (path: string) => string, sign: RegExp): Attack {
  return {
    incident,
    what: `an option where a path should be: ${command('…')}`,
    async attempt(victim) {
      const output = await runs(victim, command(victim.path));
      return sign.test(output) ? fell('git takes it as an option') : stood('no path of a Remote');
    },
  };
}

/** What an env request sets. @param make from the path of the file that it shall make */
function env(incident: string, what: string, make: (file: string) => Record<string, string>): Attack {
  return {
    incident,
    what,
    async attempt(victim) {
      const file = `mark-${what.replace(/\W+/g, '-')}`;
      await runs(victim, `git-upload-pack '${victim.path}'`, make(`${victim.data}/${file}`));
      return created(victim, file);
    },
  };
}

/** Something that a server should not offer, or should. */
function offer(incident: string, what: string, judge: (lists: readonly string[]) => Outcome): Attack {
  return {
    incident,
    what,
    async attempt(victim) {
      const lists = await offerOf('oldSshPort' in victim ? (victim.oldSshPort as number) : victim.sshPort);
      return judge(lists);
    },
  };
}

export const ssh: Surface = {
  name: 'ssh',
  attacks: [
    shell('a second command behind the first', (path, file) => `git-upload-pack '${path}'; touch ${file}`),
    shell('a command inside of the path', (path, file) => `git-upload-pack '${path}'"$(touch ${file})"`),
    shell(
      'a second line',
      (path, file) => `git-upload-pack '${path}'
touch ${file}`,
    ),
    option('CVE-2017-8386 (git-shell)', () => `git-upload-pack '--help'`, /usage|manual|GIT-UPLOAD-PACK/i),
    option('CVE-2026-52806 (gogs)', (path) => `git-upload-pack --timeout=1 '${path}'`, /refs\/heads\/main/),
    env('CVE-2024-39930 (gogs)', 'an env request that is split into a command', (file) => ({
      [`--split-string=touch ${file} #`]: 'x',
    })),
    env('CVE-1999-0073 (telnetd)', 'LD_* for the dynamic linker, which writes a file', (file) => ({
      LD_DEBUG: 'libs',
      LD_DEBUG_OUTPUT: file,
    })),
    env('CWE-454: GIT_* of a client', 'GIT_TRACE, by which git writes a file', (file) => ({ GIT_TRACE: file })),
    env('gitea#38859: uploadpack.packObjectsHook', 'a setting of git that names a program', (file) => ({
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'uploadpack.packObjectsHook',
      GIT_CONFIG_VALUE_0: `touch ${file};`,
    })),
    offer('CVE-2023-48795 (Terrapin)', 'a handshake that may lose its first packets', ([kex = '']) => {
      return kex.split(',').includes('kex-strict-s-v00@openssh.com') ? stood('strict kex') : fell('no strict kex');
    }),
    offer('CVE-2026-23943 (Erlang)', 'compression before a login', ({ 6: compression = '' }) => {
      return compression.split(',').includes('zlib') ? fell(`offers ${compression}`) : stood(`offers ${compression}`);
    }),
    offer('SHAttered: SHA-1', 'a MAC, or a signature of the host key, by SHA-1', ([, hostKey = '', , , macs = '']) => {
      const weak = [...hostKey.split(','), ...macs.split(',')].filter((name) => /^ssh-rsa$|sha1/.test(name));
      return weak.length > 0 ? fell(`offers ${weak}`) : stood('offers none');
    }),
    ...sshFloods,
  ],
};
