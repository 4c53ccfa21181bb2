import type { Clock } from '../base/clock.ts';
import { asGitkubeError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { retry } from '../base/retry.ts';
import type { Deployer } from '../deployer/index.ts';
import type { Repositories } from './git/repositories.ts';
import { clearJournal, readJournal } from './pushes/journal.ts';

export interface RecoveryContext {
  readonly repositories: Repositories;
  readonly deployer: Deployer;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * After a crash: a deploy that a journal tells of has either moved its branch, then it is done, or it has not, then the
 * workloads are put back to what they were. Runs before the first push is taken. A repository whose workloads cannot be
 * put back keeps its journal and is tried again at the next start and before its next push.
 */
export async function recover(context: RecoveryContext): Promise<void> {
  const repositories = await context.repositories.all();
  await Promise.all(repositories.map(({ namespace, name }) => recoverOne(context, namespace, name)));
}

async function recoverOne(context: RecoveryContext, namespace: string, name: string): Promise<void> {
  const { clock } = context;
  const log = context.log.child({ remote: `${namespace}/${name}` });
  try {
    const repository = await context.repositories.open(namespace, name);
    const entry = await readJournal(repository.path);
    if (!entry) return;
    const moved = (await repository.branchHead(entry.branch)) === entry.commit && entry.current !== entry.commit;
    if (moved && entry.record) {
      const known = (await repository.releases()).some(({ number }) => number === entry.record?.release);
      if (!known) await repository.tagRelease(entry.record);
    } else if (!moved) {
      log.warn({ push: entry.push, commit: entry.commit }, 'a rollout was cut off, putting its workloads back');
      const putBack = () =>
        context.deployer.putBack(entry.snapshots, {
          expected: entry.expected,
          mark: entry.mark,
          say: (line) => log.info({ line }, 'putting back'),
        });
      await retry(putBack, { clock, tries: 5, firstMs: 500, maxMs: 10_000 });
    }
    await clearJournal(repository.path);
  } catch (thrown) {
    const error = asGitkubeError(thrown);
    log.error({ err: error, reason: error.reason }, 'a cut-off rollout could not be put back');
  }
}
