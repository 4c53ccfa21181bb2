import type { Command } from 'commander';
import { toThisVersion } from './installation.ts';

const ofWorkload = (words: string) => `kubectl -n <namespace> ${words}`;

const toDeploy = [
  'to deploy, type: git push <url> HEAD:refs/heads/main',
  'to see the URL, type: kubectl -n <namespace> get remotes',
];
const toChange = ['to change a Remote that is there, type: gitkube remote create -f <file>'];

/** What other tools have a command for, and where it is here. */
const elsewhere: Readonly<Record<string, readonly string[]>> = {
  push: toDeploy,
  deploy: toDeploy,
  rollback: ['or from a clone: git push <url> HEAD:refs/rollback/<number>'],
  logs: ['to print what a push printed, type: gitkube remote output <remote>'],
  ps: [ofWorkload('get pods')],
  scale: [ofWorkload('scale deployment/<name> --replicas=<number>')],
  run: [ofWorkload('exec -it deployment/<name> -- sh')],
  exec: [ofWorkload('exec -it deployment/<name> -- sh')],
  config: ['to set variables, type: gitkube remote env set <remote> <NAME>=<value>'],
  upgrade: [toThisVersion],
  update: toChange,
  apply: toChange,
  edit: ['kubectl -n <namespace> edit remote <name>'],
};

/** An error of commander, with what to type in the place of a command that there is not. */
export function withElsewhere(text: string, program: Command): string {
  const guessed = text.replace(/\n\(Did you mean (.+)\?\)/, (_, words: string) => `\nhint: did you mean ${words}?`);
  const [, word = ''] = /unknown command '([^']*)'/.exec(text) ?? [];
  const hints = [...ofRemote(word, program), ...(Object.hasOwn(elsewhere, word) ? (elsewhere[word] ?? []) : [])];
  return `${guessed.trimEnd()}\n${hints.map((hint) => `hint: ${hint}\n`).join('')}`;
}

/** `gitkube list` is `gitkube remote list`. */
function ofRemote(word: string, program: Command): string[] {
  const remote = program.commands.find((one) => one.name() === 'remote');
  const found = remote?.commands.find((one) => one.name() === word);
  return found ? [`to ${plainly(found.description())}, type: gitkube remote ${word}`] : [];
}

/** As words of a sentence. */
function plainly(description: string): string {
  return `${description.charAt(0).toLowerCase()}${description.slice(1)}`.replace(/[.,;].*/, '');
}
