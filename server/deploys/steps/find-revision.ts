import { GitkubeError } from '../../../base/errors.ts';
import { gitPush } from '../../../base/server-hints.ts';
import type { Release } from '../../git/release.ts';
import type { CommitSource } from '../../git/source-tree.ts';
import { findRelease } from '../../releases/find-release.ts';
import { labelOf } from '../label.ts';
import type { DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';

export interface RevisionFacts {
  /** What is to run: the pushed commit, or that of the release to roll back to. */
  readonly commit: string;
  /** The files of that commit; disposed of with the checks. */
  readonly source: CommitSource;
  /** The release to roll back to, where it was asked for by its number. */
  readonly named: Release | undefined;
  /** Who and what, for deploys that wait for this one. */
  readonly label: string;
}

/** Finds the commit that is to run. */
export const findRevision: Step<DeployRequest, RevisionFacts> = {
  name: 'find-revision',
  run: async ({ repository, asked, principal, revision, signal, checking }) => {
    const { branch, ref, oid, rollbackTo, git } = revision;
    const named =
      rollbackTo === undefined ? undefined : await findRelease(repository, asked, rollbackTo, { byPush: true });
    const source = await repository.source(named?.commit ?? oid, git, signal);
    if (!source) {
      throw new GitkubeError('RefRefused', `${branch} can only point at a commit`, {
        hint: `a tag is pushed as its commit: ${gitPush({ from: '<tag>^{}', to: ref })}`,
      });
    }
    checking.use(source);
    const commit = named?.commit ?? oid;
    return { commit, source, named, label: labelOf(revision, principal, asked.environment) };
  },
};
