import { asGitkubeError } from '../../../base/errors.ts';
import type { Logger } from '../../../base/log.ts';
import { recordedEnv } from '../../env/env-of-remote.ts';
import type { EnvStore } from '../../env/env-store.ts';
import type { DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';
import type { EnvFacts } from './plan-env.ts';
import type { SetEnvFacts } from './set-env.ts';

/** Each has up to 1 MiB in etcd. */
const keptSnapshots = 50;
/** One comes, and one goes; what could not be deleted is tried again. */
const deletedAtOnce = 5;
const readReleases = 1000;

type Needs = Pick<DeployRequest, 'repository'> & EnvFacts & SetEnvFacts;
type Context = { readonly env: Pick<EnvStore, 'delete'>; readonly log: Logger };

/** Deletes the oldest snapshots: the releases that ran with them cannot run again by their number. */
export const pruneEnv: Step<Needs, object, Context> = {
  name: 'prune-env',
  always: true,
  run: async ({ repository, env, envIsNew }, { env: store, log }) => {
    if (!env || !envIsNew) return {};
    try {
      const releases = await repository.newestReleases(readReleases);
      const recorded = releases.flatMap((one) => ('record' in one ? (recordedEnv(one, env.ref)?.snapshot ?? []) : []));
      const old = [...new Set(recorded)].slice(keptSnapshots, keptSnapshots + deletedAtOnce);
      await store.delete(env.ref, old);
    } catch (thrown) {
      log.warn({ err: asGitkubeError(thrown) }, 'old snapshots of the env are not deleted yet');
    }
    return {};
  },
};
