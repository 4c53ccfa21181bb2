import type { Command } from 'commander';

const ofWorkload = (words: string) => `kubectl -n <namespace> ${words}`;

/** What other tools have a command for, and where it is here. */
const elsewhere: Readonly<Record<string, readonly string[]>> = {
  push: ['git push <url> HEAD:main   deploys; kubectl get remotes shows the URL'],
  deploy: ['git push <url> HEAD:main   deploys; kubectl get remotes shows the URL'],
  rollback: ['git push <url> HEAD:refs/rollback/<number>   from a clone'],
  logs: ['gitkube remote output <remote>   prints what a push printed'],
  ps: [ofWorkload('get pods')],
  scale: [ofWorkload('scale deployment/<name> --replicas=<number>')],
  run: [ofWorkload('exec -it deployment/<name> -- sh')],
  exec: [ofWorkload('exec -it deployment/<name> -- sh')],
  config: ['config is a ConfigMap or a Secret that the workload names: kubectl create configmap --help'],
  upgrade: ['gitkube install   brings Gitkube to this version'],
  update: ['gitkube remote create -f <file>   changes a Remote that is there'],
  apply: ['gitkube remote create -f <file>   changes a Remote that is there'],
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
  return found ? [`gitkube remote ${word}   ${plainly(found.description())}`] : [];
}

/** As words of a sentence. */
function plainly(description: string): string {
  return description.replace(/[.;].*/, '');
}
