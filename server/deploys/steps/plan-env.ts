import { GitkubeError } from '../../../base/errors.ts';
import { count } from '../../../base/text.ts';
import type { ConfigRef } from '../../../kube/kube.ts';
import { compareEnv, differing, type EnvData, envInWords } from '../../env/env-data.ts';
import { envIsMissing, envIsOff, envNotSet, recordedEnv, refOfEnv } from '../../env/env-of-remote.ts';
import type { EnvState, EnvStore } from '../../env/env-store.ts';
import type { EnvPlan, EnvPlannedChange } from '../../env/snapshots.ts';
import type { Release } from '../../git/release.ts';
import type { DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';
import type { RemoteFacts } from './authorize-again.ts';
import type { RevisionFacts } from './find-revision.ts';

export interface EnvFacts {
  /** Undefined: the Remote has no env, or this server may not look at it. */
  readonly env: EnvPlan | undefined;
}

type Needs = DeployRequest & RevisionFacts & RemoteFacts;
type Context = { readonly env: Pick<EnvStore, 'enabled' | 'read' | 'snapshot'> };

/** Decides what of the env changes, and says so, before anything is built or changed. */
export const planEnv: Step<Needs, EnvFacts, Context> = {
  name: 'plan-env',
  run: async (facts, { env: store }) => {
    const { remote, revision, named, output } = facts;
    if (revision.env && !remote.env) throw envNotSet(remote);
    if (revision.env && !store.enabled) throw envIsOff();
    // What runs again is restored with its env; a restart or a redeploy of what runs changes none.
    const restored = revision.again === undefined ? named?.record.env && named : undefined;
    if (!remote.env || !store.enabled) {
      const why = remote.env ? 'env is off on this server' : 'the Remote has no spec.env now';
      if (restored) output.say(`env: stays as it is, releases/${restored.number} had another one and ${why}`);
      return { env: undefined };
    }
    const ref = refOfEnv(remote.namespace, remote.env);
    if (restored) return { env: { ref, change: await restoreOf(store, ref, facts, restored) } };
    return { env: { ref, change: revision.env && (await changeOf(store, ref, facts, revision.env)) } };
  },
};

/** What was asked for. @returns undefined: it is like that already */
async function changeOf(
  store: Context['env'],
  ref: ConfigRef,
  { output }: Needs,
  wanted: NonNullable<DeployRequest['revision']['env']>,
): Promise<EnvPlannedChange | undefined> {
  const { data: before, immutable } = await required(store, ref);
  const after = wanted.applyTo(before, ref.kind);
  const difference = compareEnv(before, after);
  if (differing(difference).length === 0) return undefined;
  if (immutable) throw isImmutable(ref);
  const summary = envInWords(difference);
  output.say(`env: ${summary}`);
  return { before, after, snapshot: undefined, summary };
}

/** What that release ran with. @returns undefined: that is what is there */
async function restoreOf(
  store: Context['env'],
  ref: ConfigRef,
  { repository, output, revision: { branch } }: Needs,
  release: Release,
): Promise<EnvPlannedChange | undefined> {
  const { number, commit } = release;
  const recorded = recordedEnv(release, ref);
  if (!recorded) {
    const { kind, name } = release.record.env ?? ref;
    output.say(`env: ${ref.kind} ${ref.name} stays as it is, releases/${number} ran with ${kind} ${name}`);
    return undefined;
  }
  const [{ data: before, immutable }, after] = await Promise.all([
    required(store, ref),
    store.snapshot(ref, recorded.snapshot),
  ]);
  if (!after) {
    const message = `the env of releases/${number} is gone: there is no ${ref.kind} ${recorded.snapshot}`;
    throw new GitkubeError('ReleaseUnusable', message, {
      hint: `run its images with the env of now: git push -f dev ${commit}:refs/heads/${branch}`,
    });
  }
  const difference = compareEnv(before, after);
  const names = differing(difference);
  if (names.length === 0) return undefined;
  if (immutable) throw isImmutable(ref);
  const summary = envInWords(difference);
  output.say(`env: ${count(names.length, 'name')} as in releases/${number}: ${summary}`);
  await sayForeign(store, ref, before, await repository.releases(), output.say);
  return { before, after, snapshot: recorded.snapshot, summary };
}

/** What somebody has changed by hand since the last release is replaced: it is in no snapshot. */
async function sayForeign(
  store: Context['env'],
  ref: ConfigRef,
  before: EnvData,
  [runs]: readonly Release[],
  say: (line: string) => void,
): Promise<void> {
  const recorded = runs && recordedEnv(runs, ref);
  const known = recorded && (await store.snapshot(ref, recorded.snapshot));
  const foreign = known ? compareEnv(known, before) : undefined;
  if (!runs || !foreign || differing(foreign).length === 0) return;
  say(`env: somebody else has changed it since releases/${runs.number}, that is replaced: ${envInWords(foreign)}`);
}

async function required(store: Context['env'], ref: ConfigRef): Promise<EnvState> {
  const state = await store.read(ref);
  if (state) return state;
  throw envIsMissing(ref);
}

function isImmutable({ kind, namespace, name }: ConfigRef): GitkubeError {
  return new GitkubeError('EnvUnusable', `${kind} ${name} in namespace ${namespace} is immutable`, {
    hint: 'create another one that is not, and name it in spec.env and in the workloads',
  });
}
