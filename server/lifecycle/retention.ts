import type { Clock } from '../../base/clock.ts';
import { asGitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Trash } from '../git/trash.ts';
import { lookForOrphans, type OrphansOptions } from './orphans.ts';

export interface RetentionOptions extends OrphansOptions {
  readonly trash: Pick<Trash, 'sweep'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const dayMs = 86_400_000;
/** Until the cluster is asked again that did not answer. */
const soonMs = 60_000;

/** At start and once a day: empties the trash and looks for repositories without a Remote. @returns what ends it */
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
    let looked = true;
    try {
      for (const entry of await trash.sweep(days)) log.info({ entry, days }, 'deleted from the trash');
      looked = await lookForOrphans({ days, clock, log, ...rest });
    } catch (thrown) {
      log.error({ err: asGitkubeError(thrown) }, 'housekeeping failed');
    }
    await clock.delay(looked ? dayMs : soonMs, signal).catch(() => {});
  }
}
