import { asGitkubeError } from '../../../base/errors.ts';
import type { Logger } from '../../../base/log.ts';
import type { ConfigRef } from '../../../kube/kube.ts';
import { recordedEnv } from '../../env/env-of-remote.ts';
import type { EnvStore } from '../../env/env-store.ts';
import type { Release } from '../../git/release.ts';
import type { DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';
import type { EnvFacts } from './plan-env.ts';
import type { SetEnvFacts } from './set-env.ts';

/** Each has up to 1 MiB in etcd. */
const keptSnapshots = 50;
/** One comes, and one goes; what could not be deleted is tried again. */
const deletedAtOnce = 5;
const readReleases = 1000;

type Needs = Pick<DeployRequest, 'repository' | 'output'> & EnvFacts & SetEnvFacts;
type Context = { readonly env: Pick<EnvStore, 'delete'>; readonly log: Logger };

/**
 * Says where the values are that no release ran with, and deletes the oldest snapshots: the releases that ran with them
 * cannot run again by their number.
 */
export const pruneEnv: Step<Needs, object, Context> = {
  name: 'prune-env',
  always: true,
  run: async ({ repository, env, envIsNew, keptEnv, output }, { env: store, log }) => {
    if (!env || !envIsNew) return {};
    if (keptEnv) output.say(`env: what it was is kept: ${getKept(env.ref, keptEnv)}`);
    try {
      const releases = await repository.newestReleases(readReleases);
      const recorded = releases.flatMap((one) => ('record' in one ? snapshotsIn(one, env.ref) : []));
      const old = [...new Set(recorded)].slice(keptSnapshots, keptSnapshots + deletedAtOnce);
      await store.delete(env.ref, old);
    } catch (thrown) {
      log.warn({ err: asGitkubeError(thrown) }, 'old snapshots of the env are not deleted yet');
    }
    return {};
  },
};

function snapshotsIn(release: Release, ref: ConfigRef): string[] {
  const recorded = recordedEnv(release, ref);
  return [recorded?.snapshot, recorded?.before].filter((name) => name !== undefined);
}

function getKept({ kind, namespace }: ConfigRef, name: string): string {
  return `kubectl -n ${namespace} get ${kind.toLowerCase()} ${name} -o yaml`;
}
