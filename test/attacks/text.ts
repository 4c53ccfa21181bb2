import { RawSsh } from '../support/raw-ssh.ts';
import { rig } from '../support/rig.ts';
import { type Attack, fell, type Outcome, type Surface, stood } from './attack.ts';
import { commitOf, push } from './git-push.ts';

const title = '\u001b]2;owned\u0007';
const link = '\u001b]8;;https://evil.example.com\u0007docs\u001b]8;;\u0007';
const bidi = '\u202egnp';

/** @param shows that the text is printed at all */
function judge(output: string, raw: RegExp, shows: RegExp): Outcome {
  if (raw.test(output)) return fell('reaches the terminal of the pusher');
  if (!shows.test(output)) throw new Error(`does not print it at all:\n${output}`);
  return stood(`prints ${shows.exec(output)?.[0].replace(/\s+/g, ' ')}`);
}

const attacks: readonly Attack[] = [
  {
    incident: 'CVE-2024-52005 (git)',
    what: 'a push option that sets the title of the terminal',
    async attempt(victim) {
      const { output } = await push(victim, '-o', `x${title}`, `${victim.main}:refs/heads/a`);
      return judge(output, /\u001b\]2;/, /unknown push option: x[^\n]*/);
    },
  },
  {
    incident: 'CWE-117: CR',
    what: 'a push option that overwrites its line',
    async attempt(victim) {
      const { output } = await push(victim, '-o', 'x\rReleased', `${victim.main}:refs/heads/b`);
      return judge(output, /\r(remote: )?Released/, /unknown push option.*Released/);
    },
  },
  {
    incident: 'CVE-2021-42574 (Trojan Source)',
    what: 'a branch whose name runs from right to left',
    async attempt(victim) {
      const { output } = await push(victim, `${victim.main}:refs/heads/${bidi}`);
      // What git itself prints of its own arguments is not from the server.
      const remote = output.split('\n').filter((line) => line.startsWith('remote: '));
      return judge(remote.join('\n'), /\u202e/, /not .?gnp/);
    },
  },
  {
    incident: 'GHSA-fv2r-r8mp-pg48 (Soft Serve)',
    what: 'a link (OSC 8) in what a build prints',
    async attempt(victim) {
      // In octal, so that only the output has it and not the line of the Dockerfile.
      const escapes = link.replaceAll('\u001b', '\\033').replaceAll('\u0007', '\\007');
      const content = `FROM ${rig().baseImage}\nRUN printf '${escapes}\\n' # not from the cache: ${victim.path}\nRUN false\n`;
      const commit = await commitOf(victim, [{ path: 'www/Dockerfile', content }]);
      const { output } = await push(victim, `${commit}:refs/heads/main`);
      return judge(output, /\u001b\]8;/, /^remote: {5}.*docs.*$/m);
    },
  },
  {
    incident: 'CVE-2003-0020 (Apache)',
    what: 'a name of a user that sets the title of who reads the log',
    async attempt(victim) {
      const login = RawSsh.connect(victim.sshPort, { username: `a${title}`, authHandler: ['none'] });
      await login.catch(() => {});
      return victim.log().includes(title) ? fell('the log has it') : stood('the log has it not');
    },
  },
];

export const text: Surface = { name: 'text', attacks };
