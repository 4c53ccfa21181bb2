import type { Clock } from '../../base/clock.ts';
import { asGitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Remotes } from '../../remote-crd/index.ts';
import { type Environment, environmentOf, environmentOfRepository, keyOf } from '../deploys/environment.ts';
import type { PushQueue } from '../deploys/queue.ts';
import { collectGarbage, type GitProcess } from '../git/git-process.ts';
import type { Repositories } from '../git/repositories.ts';
import type { Repository } from '../git/repository.ts';

export interface GitMaintenanceOptions {
  readonly repositories: Pick<Repositories, 'all' | 'find'>;
  readonly remotes: Pick<Remotes, 'entry' | 'environments'>;
  readonly queue: Pick<PushQueue, 'tryEnter'>;
  /** Between two rounds; 0: none. */
  readonly seconds: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly collect?: (repository: string) => Pick<GitProcess, 'done' | 'end' | 'stderr'>;
}

/** A repository that takes longer is tried again in the next round. */
const maxMs = 3_600_000;

/**
 * Has git pack its repositories, one after the other in the background. It holds the places of all environments of a Remote, so
 * it never runs beside a push that has its turn, and gives way to a push that comes.
 * @returns what ends it
 */
export function maintainRepositories(options: GitMaintenanceOptions): AsyncDisposable {
  const stop = new AbortController();
  const done = options.seconds > 0 ? rounds(options, stop.signal) : Promise.resolve();
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await done;
    },
  };
}

async function rounds(options: GitMaintenanceOptions, stop: AbortSignal): Promise<void> {
  const { repositories, seconds, clock, log } = options;
  for (;;) {
    await clock.delay(seconds * 1000, stop).catch(() => {});
    const all = await repositories.all().catch((thrown) => {
      log.warn({ err: asGitkubeError(thrown) }, 'the repositories could not be listed, git packs none of them now');
      return [];
    });
    for (const { namespace, name } of all) {
      if (stop.aborted) return;
      await tidy(options, { namespace, name }, stop).catch((thrown) => {
        log.warn({ remote: `${namespace}/${name}`, err: asGitkubeError(thrown) }, 'git could not pack a repository');
      });
    }
    if (stop.aborted) return;
    log.debug('git maintenance of all repositories is done');
  }
}

async function tidy(
  options: GitMaintenanceOptions,
  named: { readonly namespace: string; readonly name: string },
  stop: AbortSignal,
): Promise<void> {
  const { repositories, queue, log, collect = collectGarbage } = options;
  const repository = await repositories.find(named.namespace, named.name);
  if (!repository) return;
  const over = new AbortController();
  const giveWay = () => over.abort();
  const id = `${named.namespace}/${named.name}`;
  const [environment, ...others] = await environmentsOf(options, named, repository);
  const doing = 'its repository to be packed';
  const leave = environment && queue.tryEnter({ environment, doing, label: 'git gc', giveWay }, others);
  if (!leave) return;
  try {
    const git = collect(repository.path);
    const words = lastWords(git);
    const ended = AbortSignal.any([stop, over.signal, AbortSignal.timeout(maxMs)]);
    ended.addEventListener('abort', () => git.end(), { once: true });
    const code = await git.done;
    if (code !== 0 && !ended.aborted) log.warn({ remote: id, code, words: words() }, 'git could not pack a repository');
  } finally {
    repository.diskUse.forget();
    leave();
  }
}

/** Those that something was deployed to, and those of the spec, whose first deploy may begin beside git. */
async function environmentsOf(
  { remotes }: GitMaintenanceOptions,
  named: { readonly namespace: string; readonly name: string },
  repository: Repository,
): Promise<Environment[]> {
  const known = (await repository.views()).map((view) => environmentOfRepository(remotes, named, view));
  const uid = known[0]?.uid;
  const entries = remotes.environments(`${named.namespace}/${named.name}`).filter((entry) => entry.uid === uid);
  const all = [...known, ...entries.map(environmentOf)];
  return [...new Map(all.map((one) => [keyOf(one), one])).values()];
}

function lastWords({ stderr }: Pick<GitProcess, 'stderr'>): () => string {
  let words = '';
  stderr.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-1000);
  });
  return () => words.trim();
}
