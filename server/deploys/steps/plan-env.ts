import { GitkubeError } from '../../../base/errors.ts';
import { gitPush } from '../../../base/server-hints.ts';
import { count } from '../../../base/text.ts';
import type { ConfigRef } from '../../../kube/kube.ts';
import type { Remotes } from '../../../remote-crd/index.ts';
import { compareEnv, differing, type EnvData, type EnvDifference, envInWords, isSameEnv } from '../../env/env-data.ts';
import { envIsMissing, envIsOff, envNotSet, recordedEnv, refOfEnv, snapshotOf } from '../../env/env-of-remote.ts';
import type { EnvState, EnvStore } from '../../env/env-store.ts';
import { envIsShared, envSharedWith } from '../../env/shared-env.ts';
import type { EnvPlan, EnvPlannedChange } from '../../env/snapshots.ts';
import { nameOf, type Release } from '../../git/release.ts';
import type { DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';
import type { RemoteFacts } from './authorize-again.ts';
import type { RevisionFacts } from './find-revision.ts';

export interface EnvFacts {
  /** Undefined: the Remote has no env, or this server may not look at it. */
  readonly env: EnvPlan | undefined;
}

type Needs = DeployRequest & RevisionFacts & RemoteFacts;
type Context = {
  readonly env: Pick<EnvStore, 'enabled' | 'open' | 'snapshot'>;
  readonly remotes: Pick<Remotes, 'all'>;
};

/** Of which one may be the first that records what an older one ran with. */
const readReleases = 1000;

/** Decides what of the env changes, and says so, before anything is built or changed. */
export const planEnv: Step<Needs, EnvFacts, Context> = {
  name: 'plan-env',
  run: async (facts, { env: store, remotes }) => {
    const { remote, revision, named, output } = facts;
    if (revision.env && !remote.env) throw envNotSet(remote);
    if (revision.env && !store.enabled) throw envIsOff();
    // What runs again is restored with its env; a restart or a redeploy of what runs changes none.
    const restored = revision.again === undefined ? named : undefined;
    if (!remote.env || !store.enabled) {
      const why = remote.env ? 'env is off on this server' : 'the Remote has no spec.env now';
      if (restored?.record.env) output.say(`env: stays as it is, although ${nameOf(restored)} recorded one: ${why}`);
      return { env: undefined };
    }
    const ref = refOfEnv(remote.namespace, remote.env);
    const rival = envSharedWith(remote, remotes.all());
    if (rival !== undefined && revision.env) throw envIsShared(ref, rival);
    if (rival !== undefined && restored) {
      output.say(`env: ${ref.kind} ${ref.name} stays as it is, it is the env of ${rival}, too`);
      return { env: { ref, change: undefined } };
    }
    if (restored) return { env: { ref, ...(await restoreOf(store, ref, facts, restored)) } };
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

/** What that release ran with; without a change that is what is there, or nobody knows it. */
async function restoreOf(
  store: Context['env'],
  ref: ConfigRef,
  { repository, output, trigger, revision: { branch } }: Needs,
  release: Release,
): Promise<Omit<EnvPlan, 'ref'>> {
  const { commit } = release;
  const all = (await repository.newestReleases(readReleases)).filter((one) => 'record' in one);
  const snapshot = snapshotOf(release, all, ref);
  if (snapshot === undefined) {
    const { env } = release.record;
    const why = env ? `ran with ${env.kind} ${env.name}` : 'and those after it recorded none';
    output.say(`env: ${ref.kind} ${ref.name} stays as it is, ${nameOf(release)} ${why}`);
    return { change: undefined };
  }
  const [{ data: before, immutable }, saved] = await Promise.all([required(store, ref), store.snapshot(ref, snapshot)]);
  if (!saved) {
    const message = `the env of ${nameOf(release)} is gone: there is no ${ref.kind} ${snapshot}`;
    throw new GitkubeError('ReleaseUnusable', message, {
      hint: `run its images with the env of now: ${gitPush({ options: ['-f'], from: commit, to: branch })}`,
    });
  }
  const [runs] = await repository.releases();
  const recorded = runs && recordedEnv(runs, ref);
  const left = recorded && (await store.snapshot(ref, recorded.snapshot));
  // Nobody has asked for the return of a watched release: what is not of that release stays.
  const after = trigger.kind === 'watch' ? revert(before, left ?? saved, saved) : saved;
  const difference = compareEnv(before, after);
  const names = differing(difference);
  const known = isSameEnv(after, saved) ? snapshot : undefined;
  if (names.length === 0) return { change: undefined, known };
  if (immutable) throw isImmutable(ref);
  const summary = envInWords(difference);
  output.say(`env: ${count(names.length, 'name')} as in ${nameOf(release)}: ${summary}`);
  if (runs && left) sayForeign(compareEnv(left, before), names, runs, output.say);
  return { change: { before, after, snapshot: known, summary } };
}

/** What is there, but for the names that differ between two releases. */
function revert(now: EnvData, from: EnvData, to: EnvData): EnvData {
  const after = new Map(now);
  for (const name of differing(compareEnv(from, to))) {
    const value = to.get(name);
    if (value === undefined) after.delete(name);
    else after.set(name, value);
  }
  return after;
}

/** What somebody has changed by hand since the last release is replaced. @param names that the rollback changes */
function sayForeign(
  { added, changed, removed }: EnvDifference,
  names: readonly string[],
  runs: Release,
  say: (line: string) => void,
): void {
  const only = (some: readonly string[]) => some.filter((name) => names.includes(name));
  const foreign = envInWords({ added: only(added), changed: only(changed), removed: only(removed) });
  if (foreign) say(`env: somebody else has changed it since ${nameOf(runs)}, that is replaced: ${foreign}`);
}

async function required(store: Context['env'], ref: ConfigRef): Promise<EnvState> {
  const state = await store.open(ref);
  if (state) return state;
  throw envIsMissing(ref);
}

function isImmutable({ kind, namespace, name }: ConfigRef): GitkubeError {
  return new GitkubeError('EnvUnusable', `${kind} ${name} in namespace ${namespace} is immutable`, {
    hint: 'create another one that is not, and name it in spec.env and in the workloads',
  });
}
