import { readFile } from 'node:fs/promises';
import { RawSsh } from '../support/raw-ssh.ts';
import { type Attack, fell, type Surface, stood } from './attack.ts';
import { push } from './git-push.ts';
import { emptyPack, pktLine } from './http-bytes.ts';
import { left, refsOf } from './look.ts';

/** A ref that nobody should be able to write. */
function ref(incident: string, what: string, name: string): Attack {
  return {
    incident,
    what,
    async attempt(victim) {
      await push(victim, `${victim.main}:${name}`);
      const found = (await refsOf(victim)).split('\n').includes(name);
      return found ? fell(`${name} is there`) : stood(`no ${name}`);
    },
  };
}

const attacks: readonly Attack[] = [
  {
    incident: 'CWE-78: git check-ref-format allows $(…)',
    what: 'a branch whose name is a command',
    async attempt(victim) {
      await push(victim, `${victim.main}:refs/heads/$(touch\${IFS}mark-of-a-ref)`);
      return left(victim, 'mark-of-a-ref').length > 0 ? fell('it was run') : stood('it was not run');
    },
  },
  ref('CWE-345: a record that its subject writes', 'a tag that looks like a release', 'refs/tags/releases/99'),
  ref('Gerrit: refs/meta/config has the rights', 'a ref outside of branches and tags', 'refs/meta/config'),
  ref('githooks(5): proc-receive, refs of the server', 'a ref that the server keeps for its own use', 'refs/gitkube/x'),
  {
    incident: 'CWE-117: githooks(5) hands push options on as they are',
    what: 'a push option of two lines, the second one for the log',
    async attempt(victim) {
      const line = 'deploying refs/heads/forged';
      using attacker = await RawSsh.connect(victim.sshPort, { privateKey: await readFile(victim.keyFile) });
      const { channel, output } = await attacker.exec(`git-receive-pack '${victim.path}'`);
      const command = `${'0'.repeat(40)} ${victim.main} refs/heads/with-option\0 report-status push-options`;
      const options = Buffer.concat([Buffer.from('0000'), pktLine(`x\n${line}`), Buffer.from('0000')]);
      channel.end(Buffer.concat([pktLine(command), options, emptyPack()]));
      await output;
      return victim.log().split('\n').includes(line) ? fell('the log has that line') : stood('not a line of the log');
    },
  },
];

export const refs: Surface = { name: 'refs', attacks };
