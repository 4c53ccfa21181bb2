import { relative } from 'node:path';
import { rig } from '../support/rig.ts';
import { type Attack, fell, type Surface, stood } from './attack.ts';
import { commitOf, type Entry, push } from './git-push.ts';
import type { Victim } from './victim.ts';

/** A commit with which a build would read a file of the server. */
function reads(incident: string, what: string, entries: (victim: Victim) => readonly Entry[]): Attack {
  return {
    incident,
    what,
    async attempt(victim) {
      const commit = await commitOf(victim, entries(victim));
      const { output } = await push(victim, `${commit}:refs/heads/main`);
      return output.includes(victim.secret.content) ? fell('prints a file of the server') : stood('does not read it');
    },
  };
}

const link = (path: string, content: string): Entry => ({ mode: '120000', path, content });

/** With a line that shows the page. */
const showing = (): Entry => ({
  path: 'www/Dockerfile',
  content: `FROM ${rig().baseImage}\nCOPY . /www\nRUN cat /www/index.html\n`,
});

const attacks: readonly Attack[] = [
  reads('CWE-59: tar -h follows links', 'a page that is a symlink to a file of the server', ({ secret }) => [
    link('www/index.html', secret.file),
    showing(),
  ]),
  reads('CWE-59: tar -h follows links', 'the same by a relative symlink with many ..', ({ secret }) => [
    link('www/index.html', `${'../'.repeat(12)}${relative('/', secret.file)}`),
    showing(),
  ]),
  reads('CWE-59: an opened Dockerfile', 'a Dockerfile that is a symlink to a file of the server', ({ secret }) => [
    link('www/Dockerfile', secret.file),
  ]),
  reads('CWE-61: a symlink to a folder', 'a page in a folder that is a symlink out of the repository', ({ secret }) => [
    link('www/out', secret.file.slice(0, secret.file.lastIndexOf('/'))),
    link('www/index.html', 'out/secret'),
    showing(),
  ]),
];

export const trees: Surface = { name: 'trees', attacks };
