import { releaseName } from '../../../base/release-name.ts';
import type { ReleaseMark } from '../../../deployer/index.ts';
import type { Remote } from '../../../remote-crd/index.ts';
import { type History, nameOf, type Release } from '../../git/release.ts';
import { Journal } from '../journal.ts';
import type { DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';
import type { CheckedFacts } from './check.ts';
import type { OriginFacts } from './choose-images.ts';
import type { RevisionFacts } from './find-revision.ts';
import type { BranchFacts } from './locate-branch.ts';
import type { EnvFacts } from './plan-env.ts';

export interface NumberFacts {
  /** What of the Remote is deployed. */
  readonly remote: Remote;
  /** `push`, or which release runs again. */
  readonly how: string;
  /** The release before this one. */
  readonly previous: number | undefined;
  readonly mark: ReleaseMark;
  readonly journal: Journal;
}

type Needs = DeployRequest & RevisionFacts & BranchFacts & OriginFacts & EnvFacts & CheckedFacts;

/** Gives the release its number, and begins the journal. */
export const numberRelease: Step<Needs, NumberFacts> = {
  name: 'number-release',
  run: async (facts) => {
    const { id, repository, revision, commit, current, checked, principal, output } = facts;
    const { branch } = revision;
    const { releases, unreadable, next: release } = await repository.history();
    for (const line of unreadableLines(releases, unreadable, repository.environment)) output.say(line);
    const how = howOf(facts, releases[0]);
    const pushedBy = principal.name;
    const mark = {
      commit,
      release,
      pushedBy,
      cause: `${releaseName(release, repository.environment)}: ${how} by ${pushedBy}`,
    };
    const refs = { branch, commit, ...(current !== undefined && { current }), makesRelease: true };
    const journal = new Journal(repository.folder, { id, ...refs, mark });
    return { remote: checked.remote, how, previous: releases[0]?.number, mark, journal };
  },
};

/** @param newest release, which runs */
function howOf({ trigger, revision, origin, env }: Needs, newest?: Release): string {
  const runs = newest && nameOf(newest);
  if (revision.again === 'env') return `env: ${env?.change?.summary}`;
  if (revision.again !== undefined) return `${revision.again} of ${runs}`;
  if (origin.kind !== 'release') return 'push';
  const to = `to ${nameOf(origin.release)}`;
  return trigger.kind === 'watch' ? `return from ${runs} ${to}` : `rollback ${to}`;
}

/** What a pusher reads about unreadable release tags. */
function unreadableLines(
  releases: History['releases'],
  unreadable: History['unreadable'],
  environment: string,
): string[] {
  const newest = releases[0]?.number ?? 0;
  return unreadable
    .filter(({ number }) => number > newest)
    .map(({ number, why }) => `the tag ${releaseName(number, environment)} cannot be read and is skipped: ${why}`);
}
