import type { Clock } from '../../base/clock.ts';
import { asGitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Trash } from '../git/trash.ts';
import { expireDeploys } from './expire-deploys.ts';
import { lookForOrphans, type OrphansOptions } from './orphans.ts';

export interface RetentionOptions extends OrphansOptions {
  readonly trash: Pick<Trash, 'sweep'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const dayMs = 86_400_000;
/** Until the cluster is asked again that did not answer. */
const soonMs = 60_000;

/** At start and once a day: empties the trash, deletes old records of deploys and looks for repositories without a Remote. @returns what ends it */
export function enforceRetention(options: RetentionOptions): AsyncDisposable {
  const stop = new AbortController();
  const done = rounds(options, stop.signal);
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await done;
    },
  };
}

async function rounds({ trash, days, clock, log, ...rest }: RetentionOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const failed = (what: string) => (thrown: unknown) => {
      log.error({ err: asGitkubeError(thrown) }, what);
      return true;
    };
    await emptyTrash({ trash, days, log }).catch(failed('the trash could not be emptied'));
    await expireDeploys({ clock, repositories: rest.repositories }).catch(
      failed('old records of deploys could not be deleted'),
    );
    const looking = lookForOrphans({ days, clock, log, ...rest });
    const looked = await looking.catch(failed('repositories without a Remote could not be looked for'));
    await clock.delay(looked ? dayMs : soonMs, signal).catch(() => {});
  }
}

async function emptyTrash({ trash, days, log }: Pick<RetentionOptions, 'trash' | 'days' | 'log'>): Promise<void> {
  for (const entry of await trash.sweep(days)) log.info({ entry, days }, 'deleted from the trash');
}
