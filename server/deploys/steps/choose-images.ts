import { nameOf, type Release } from '../../git/release.ts';
import { findOrigin, type Origin } from '../image-origin.ts';
import type { Again, DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';
import type { RemoteFacts } from './authorize-again.ts';
import type { RevisionFacts } from './find-revision.ts';
import type { BranchFacts } from './locate-branch.ts';

export interface OriginFacts {
  readonly origin: Origin;
  /** Whether history ends at the pushed commit: it is from a shallow clone. */
  readonly shallow: Promise<boolean>;
}

type Needs = DeployRequest & RevisionFacts & RemoteFacts & BranchFacts;

/** Decides where the images come from: they are built, or a release has recorded them. */
export const chooseImages: Step<Needs, OriginFacts> = {
  name: 'choose-images',
  run: async (facts) => {
    const { repository, source, remote, revision, named, current, options, output } = facts;
    const shallow = isShallow(facts);
    // It is asked for at the end; until then a rejection without a listener would end the server.
    shallow.catch(() => {});
    const known = { remoteId: remote.id, environment: remote.environment, current, options, isShallow: shallow };
    const origin: Origin = named
      ? { kind: 'release', release: named }
      : await findOrigin(repository, source, known, revision.git);
    if (origin.kind === 'build') {
      if (origin.note) output.say(origin.note);
      return { origin, shallow };
    }
    output.stage(stageOf(origin.release, revision.again));
    return { origin, shallow };
  },
};

function stageOf(release: Release, again: Again | undefined): string {
  const name = nameOf(release);
  if (again === 'restart') return `Restart of ${name}: its pods are replaced, nothing else changes`;
  if (again === 'env') return `Env of ${name}: its images stay, pods that read the env are replaced`;
  if (again === 'redeploy') return `Redeploy of ${name}: its images roll out again, nothing is built`;
  const when = release.record.at.replace(/\.\d+Z$/, 'Z');
  return `Rollback to ${name}, which ran at ${when}: its images run again, nothing is built`;
}

async function isShallow({ repository, source, revision, named, current }: Needs): Promise<boolean> {
  const { oid, git } = revision;
  // One commit on top of what is there, as most pushes are: no need to ask.
  const isOnTop = source.parents.length > 0 && source.parents.every((parent) => parent === current);
  return !named && isOnTop ? false : repository.isShallow(oid, git);
}
