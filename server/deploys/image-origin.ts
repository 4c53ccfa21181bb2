import { releaseName, rollbackRef } from '../../base/release-name.ts';
import { remoteUrl } from '../../base/server-hints.ts';
import { shortId } from '../../base/text.ts';
import { nameOf, type Release, type ReleaseName } from '../git/release.ts';
import type { Repository } from '../git/repository.ts';
import type { CommitSource } from '../git/source-tree.ts';
import type { DeployOptions } from './options.ts';

/** Where the images of a deploy come from, and what its pusher should know about that. */
export type Origin =
  | {
      readonly kind: 'build';
      readonly note?: string;
      /** A release whose commit is built again in place of a rollback to it. */
      readonly older?: Release;
    }
  | { readonly kind: 'release'; readonly release: Release };

export interface OriginFacts {
  readonly remoteId: string;
  /** Its name. */
  readonly environment: string;
  readonly commit: string;
  /** Where the branch is; undefined: it is not there yet. */
  readonly current: string | undefined;
  /** The newest release of the commit. */
  readonly earlier: Release | undefined;
  /** The newest release of what runs. */
  readonly running: ReleaseName | undefined;
  readonly options: Pick<DeployOptions, 'noCache' | 'skipDeploy'>;
  /** Whether the commit contains what runs. */
  readonly isForward: boolean;
  /** Whether a later commit that contains this one was released, too. */
  readonly isBehind: boolean;
  /** History is missing, so it is unknown which commit contains which. */
  readonly isShallow: boolean;
}

/**
 * A push that brings the branch to the commit of a release is a rollback: the images of that release run. Two are not:
 * with -o no-cache or -o skip-deploy something is to be built; and the newest commit of all, pushed again after a
 * rollback, is deployed as the Remote is now (docs/adr/0009).
 */
export function originOf(facts: OriginFacts): Origin {
  const { commit, current, earlier, options, isForward, isBehind } = facts;
  if (current === undefined || current === commit) return { kind: 'build' };
  if (!earlier) return isForward || facts.isShallow ? { kind: 'build' } : { kind: 'build', note: foreign(facts) };
  if (options.skipDeploy) return { kind: 'build', note: builtAgain(earlier) };
  if (options.noCache)
    return { kind: 'build', note: builtAgain(earlier), ...((!isForward || isBehind) && { older: earlier }) };
  if (isForward && !isBehind) return { kind: 'build', note: deployedAgain(earlier) };
  return { kind: 'release', release: earlier };
}

/** Asks git only where the answer decides: most pushes are one commit on top of what runs. */
export async function findOrigin(
  repository: Repository,
  source: CommitSource,
  facts: Pick<OriginFacts, 'remoteId' | 'environment' | 'current' | 'options'> & {
    readonly isShallow: Promise<boolean>;
  },
  quarantine: Readonly<Record<string, string>>,
): Promise<Origin> {
  const { current } = facts;
  const { commit, parents } = source;
  const { names } = await repository.history();
  if (current === undefined || current === commit) return { kind: 'build' };
  const isForward = parents.includes(current) || (await repository.isAncestor(current, commit, quarantine));
  const earlier = await repository.newestReleaseOf(commit);
  const isBehind = isForward && earlier !== undefined && (await isContained(repository, commit, names));
  const isShallow = !isForward && (await facts.isShallow);
  const running = names.find((release) => release.commit === current);
  return originOf({ ...facts, commit, earlier, running, isForward, isBehind, isShallow });
}

async function isContained(repository: Repository, commit: string, names: readonly ReleaseName[]): Promise<boolean> {
  const numbers = await repository.releasesContaining(commit);
  return names.some((release) => release.commit !== commit && numbers.includes(release.number));
}

function foreign({ remoteId, environment, commit, current = '', running }: OriginFacts): string {
  const runs = `${shortId(current)}${running ? ` (${releaseName(running.number, environment)})` : ''}`;
  return `${shortId(commit)} does not contain ${runs}, which runs, and is no release of ${remoteId}: it is built like any other commit`;
}

function builtAgain(release: Release): string {
  return `${shortId(release.commit)} is ${nameOf(release)}: it is built again`;
}

function deployedAgain(release: Release): string {
  const { number, commit, record } = release;
  const rollback = rollbackRef(number, record.environment);
  return `${shortId(commit)} is ${nameOf(release)}: it is deployed as the Remote is now; to run it as it was then, type: git push ${remoteUrl()} HEAD:${rollback}`;
}
