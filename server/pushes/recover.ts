import type { Applier } from '../../applier/index.ts';
import type { Clock } from '../../base/clock.ts';
import { asGitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { retry } from '../../base/retry.ts';
import type { Deployer } from '../../deployer/index.ts';
import type { Repositories } from '../git/repositories.ts';
import type { Repository } from '../git/repository.ts';
import { clearJournal, type JournalEntry, readJournal } from './journal.ts';

export interface RecoveryContext {
  readonly deployer: Pick<Deployer, 'putBack'>;
  readonly applier: Pick<Applier, 'prune' | 'putBack'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * After a crash, before the first push is taken: makes workloads and branches agree again. What cannot be put back now
 * keeps its journal and is tried again before the next push of its Remote.
 */
export async function recoverAll(context: RecoveryContext & { readonly repositories: Repositories }): Promise<void> {
  const repositories = await context.repositories.all();
  const work = repositories.map(async ({ namespace, name }) => {
    try {
      await recoverOne(context, await context.repositories.open(namespace, name));
    } catch (thrown) {
      const error = asGitkubeError(thrown);
      const fields = { remote: `${namespace}/${name}`, err: error, reason: error.reason };
      context.log.error(fields, 'a rollout that was cut off could not be put back');
    }
  });
  await Promise.all(work);
}

/**
 * A deploy that a journal tells of has either moved its branch, then it is done, or it has not, then its workloads are
 * put back to what they were.
 */
export async function recoverOne(context: RecoveryContext, repository: Repository): Promise<void> {
  const entry = await readJournal(repository.path);
  if (!entry) return;
  const moved = entry.current !== entry.commit && (await repository.heads()).get(entry.branch) === entry.commit;
  if (!moved) await putBack(context, entry);
  else await complete(context, repository, entry);
  await clearJournal(repository.path);
}

async function putBack({ deployer, applier, clock, log }: RecoveryContext, entry: JournalEntry): Promise<void> {
  const { push, commit, expected, mark } = entry;
  log.warn({ push, commit }, 'a rollout was cut off, putting its workloads back');
  const say = (line: string) => log.info({ push, line }, 'putting back');
  const work = async () => {
    await deployer.putBack(entry.snapshots, { expected, mark, say });
    if (entry.manifests) await applier.putBack(entry.manifests, say);
  };
  await retry(work, { clock, tries: 5, firstMs: 500, maxMs: 10_000 });
}

/** The branch had moved, and what comes after that was still to be done. */
async function complete({ applier, log }: RecoveryContext, repository: Repository, entry: JournalEntry): Promise<void> {
  if (entry.record) await completeTag(repository, entry.record);
  const say = (line: string) => log.info({ push: entry.push, line }, 'pruning');
  if (entry.manifests) await applier.prune(entry.manifests, say);
}

/** git had moved the branch (a push from a shallow clone) and the tag was still to be made. */
async function completeTag(repository: Repository, record: NonNullable<JournalEntry['record']>): Promise<void> {
  const releases = await repository.releases();
  if (releases.some(({ number }) => number === record.release)) return;
  using pending = repository.beginRelease();
  await repository.commitRelease(pending, record, 'moved by git');
}
