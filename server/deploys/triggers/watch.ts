import { GitkubeError } from '../../../base/errors.ts';
import { releaseName } from '../../../base/release-name.ts';
import { nameOf } from '../../git/release.ts';
import { rollback } from './rollback.ts';
import type { DeployTrigger } from './trigger.ts';

export interface WatchWish {
  /** The release that does not run on. */
  readonly from: number;
  /** The one before it. */
  readonly to: number;
  /** What is wrong with it. */
  readonly error: GitkubeError;
}

/** A release does not run on after it was released: the one before it is to run again (../../watch/README.md). */
export const watch: DeployTrigger<'watch', WatchWish> = {
  kind: 'watch',
  ask: async ({ from, to, error }, target) => {
    const wanted = await rollback.ask({ number: to, dryRun: false }, target);
    const { repository } = target;
    return {
      ...wanted,
      why: [
        `${releaseName(from, repository.environment)} is watched, and failed: ${error.message}`,
        ...error.evidence.map((line) => `| ${line}`),
      ],
      // It replaces nobody, and is replaced by every push.
      givesWay: true,
      stillFits: async (now) => {
        await wanted.stillFits(now);
        const [newest] = await repository.releases();
        if (newest?.number === from) return;
        const message = `${newest ? nameOf(newest) : 'nothing'} was released while the return from ${releaseName(from, repository.environment)} waited`;
        throw new GitkubeError('RefMoved', message);
      },
    };
  },
};
