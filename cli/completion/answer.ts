import type { Command } from 'commander';
import { plain } from '../../base/text.ts';
import type { KubeAdmin } from '../../kube/index.ts';
import { parseAuthorizedKeys } from '../../remote-crd/index.ts';
import type { CliContext, GlobalFlags } from '../context.ts';
import { type Candidate, type Completion, complete, startingWith } from './complete.ts';

/** A person who waits longer has typed it. */
const limitMs = 3000;

/**
 * Answers a shell in the words of cobra's `__complete`, which kubectl understands, too: a line for each candidate, a tab
 * before what it is about, and `:4` (nothing else fits) or `:0` (names of files do).
 */
export async function answerShell(program: Command, words: readonly string[], context: CliContext): Promise<void> {
  const completion = complete(program, words);
  const more = await asked(completion, words, context);
  for (const { value, about } of [...completion.candidates, ...more]) {
    context.io.out(about === '' ? plain(value) : `${plain(value)}\t${plain(about, 100)}`);
  }
  context.io.out(completion.files ? ':0' : ':4');
}

/** Nothing, when the cluster does not answer in time: an error has no place in the line that is being typed. */
async function asked(completion: Completion, words: readonly string[], context: CliContext): Promise<Candidate[]> {
  const done = new AbortController();
  const late = context.clock.delay(limitMs, done.signal).then((): Candidate[] => []);
  late.catch(() => {});
  try {
    const found = await Promise.race([look(completion, words, context), late]);
    const current = words.at(-1) ?? '';
    return startingWith(
      found.map(({ value, about }) => ({ value: `${completion.prefix}${value}`, about })),
      current,
    );
  } catch {
    return [];
  } finally {
    done.abort();
  }
}

async function look({ source, positional }: Completion, words: readonly string[], context: CliContext) {
  if (source === undefined) return [];
  const { contextNames, createAdmin } = await import('../../kube/index.ts');
  const flags = globalFlags(words);
  if (source === 'contexts') return contextNames(flags.kubeconfig).map((value) => ({ value, about: '' }));
  const admin = createAdmin({ ...flags, context: flags.context ?? flags.kubeContext, clock: context.clock });
  try {
    return await fromCluster(admin, source, flags.namespace ?? admin.namespace, positional);
  } finally {
    admin.close();
  }
}

async function fromCluster(
  admin: KubeAdmin,
  source: 'namespaces' | 'remotes' | 'keys',
  namespace: string,
  [name = '']: readonly string[],
): Promise<Candidate[]> {
  if (source === 'namespaces') {
    const found = await admin.listObjects('/api/v1/namespaces');
    return found.map(({ metadata }) => ({ value: metadata?.name ?? '', about: '' }));
  }
  if (source === 'remotes') {
    return (await admin.listRemotes(namespace)).map(({ metadata }) => ({ value: metadata.name, about: '' }));
  }
  const { authorizedKeys = [] } = ((await admin.getRemote(namespace, name))?.spec ?? {}) as {
    authorizedKeys?: string[];
  };
  return parseAuthorizedKeys(authorizedKeys).keys.map(({ fingerprint, comment }) => ({
    value: fingerprint,
    about: comment,
  }));
}

const names: Readonly<Record<string, keyof GlobalFlags>> = {
  '--kubeconfig': 'kubeconfig',
  '--context': 'context',
  '--kube-context': 'kubeContext',
  '--namespace': 'namespace',
  '-n': 'namespace',
};

/** Those before the word that is typed. The line is not finished, so commander would refuse it. */
function globalFlags(words: readonly string[]): GlobalFlags {
  const flags: Partial<Record<keyof GlobalFlags, string>> = {};
  for (const [index, word] of words.slice(0, -1).entries()) {
    const [name = '', ...value] = word.split('=');
    const flag = names[name];
    const given = value.length > 0 ? value.join('=') : words.slice(0, -1)[index + 1];
    if (flag && given !== undefined) flags[flag] = given;
  }
  return flags;
}
