import { readFile } from 'node:fs/promises';
import { RawSsh } from '../support/raw-ssh.ts';
import { type Attack, fell, type Surface, stood } from './attack.ts';
import { deltaBomb } from './delta-bomb.ts';
import { commitOf, commitTree, push, rawObject } from './git-push.ts';
import { hasObject } from './look.ts';
import type { Victim } from './victim.ts';

/** A commit that git's own checks refuse, where they are on. */
function hostile(incident: string, what: string, make: (victim: Victim) => Promise<string>): Attack {
  return {
    incident,
    what,
    async attempt(victim) {
      const commit = await make(victim);
      const { output } = await push(victim, `${commit}:refs/heads/main`);
      if (await hasObject(victim, commit)) return fell('takes it');
      return stood(/fsck error in pack(ed)? objects?/.exec(output)?.[0] ?? output);
    },
  };
}

/** A tree with one file of this name. */
async function treeWith(victim: Victim, name: string, mode = '100644', content = 'x'): Promise<string> {
  const blob = await rawObject(victim, 'blob', Buffer.from(content).toString('hex'));
  const entry = Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(blob, 'hex')]);
  return commitTree(victim, await rawObject(victim, 'tree', entry.toString('hex')));
}

const modules = (name: string, url: string) => `[submodule "${name}"]\n\tpath = sub\n\turl = ${url}\n`;

const attacks: readonly Attack[] = [
  hostile('CVE-2014-9390', 'a tree with .GIT in it', (victim) => treeWith(victim, '.GIT')),
  hostile('CWE-22: git fsck hasDotdot', 'a tree with .. in it', (victim) => treeWith(victim, '..')),
  hostile('CWE-22: git fsck fullPathname', 'a tree with ../../x in it', (victim) => treeWith(victim, '../../x')),
  hostile('CVE-2018-11235', 'a submodule whose name leads out of .git', (victim) =>
    commitOf(victim, [{ path: '.gitmodules', content: modules('../../x', 'https://git.example.com/x') }]),
  ),
  hostile('CVE-2018-17456', 'a submodule whose URL is an option', (victim) =>
    commitOf(victim, [{ path: '.gitmodules', content: modules('x', '-u./payload') }]),
  ),
  hostile('git fsck gitmodulesSymlink', 'a .gitmodules that is a symlink', (victim) =>
    treeWith(victim, '.gitmodules', '120000', '/etc/passwd'),
  ),
  {
    incident: 'CWE-409: a pack that inflates',
    what: '64 MB of zeros in a push of some kilobytes',
    async attempt(victim) {
      const zeros = Buffer.alloc(64 * 1024 ** 2);
      const commit = await commitOf(victim, [{ path: 'www/zeros', content: zeros }]);
      const { code, output } = await push(victim, `${commit}:refs/heads/main`);
      const why = /is over \d+ MB/.exec(output)?.[0];
      return code === 0 ? fell('deploys it') : stood(`refuses it: ${why ?? output}`);
    },
  },
  {
    incident: 'CWE-789: a delta that is as large as it says',
    what: '700 MB in the memory of git, by a pack of some kilobytes',
    async attempt(victim) {
      const { push: bomb, bytes } = deltaBomb(victim.main, 700);
      using attacker = await RawSsh.connect(victim.sshPort, { privateKey: await readFile(victim.keyFile) });
      const { channel, output } = await attacker.exec(`git-receive-pack '${victim.path}'`);
      channel.end(bomb);
      const report = (await output).slice(-2000);
      if (report.includes('unpack ok')) return fell(`unpacks ${bytes} bytes`);
      return stood(/out of memory|unpack [^\n]+/i.exec(report)?.[0] ?? report);
    },
  },
];

export const packs: Surface = { name: 'packs', attacks };
