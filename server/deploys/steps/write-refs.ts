import { asGitkubeError, GitkubeError } from '../../../base/errors.ts';
import type { Release } from '../../git/release.ts';
import type { DeployRequest } from '../request.ts';
import { settleCutOff } from '../settle-cut-off.ts';
import type { Step } from '../step.ts';
import type { BranchFacts } from './locate-branch.ts';
import type { NumberFacts } from './number-release.ts';
import type { RecordFacts } from './record-release.ts';
import type { StartedRefs } from './start-refs.ts';

export interface ReleaseFacts {
  readonly release: Release;
}

type Needs = DeployRequest & BranchFacts & NumberFacts & RecordFacts;

/** Creates the release tag and moves the branch. From here on the release is final. */
export const writeRefs: Step<Needs & StartedRefs, ReleaseFacts> = {
  name: 'write-refs',
  commits: true,
  run: async (facts, { log }) => {
    const { repository, pending, record, current, journal } = facts;
    const commands = await pending;
    try {
      return { release: await repository.commitRelease(commands, record, current) };
    } catch (error) {
      // A git that was killed may have written them before it said so.
      const { released } = await settleCutOff(log, facts, journal.entry);
      if (!released) throw error;
      log.warn({ err: asGitkubeError(error) }, 'git was cut off while it wrote a release, which is completed');
      return { release: { number: record.release, commit: record.commit, record } };
    }
  },
};

/** For a push from a shallow clone: what the next step needs if the server ends before git does. */
export const keepRecord: Step<Needs, object> = {
  name: 'keep-record',
  run: async ({ journal, record }) => {
    await journal.keepRecord(record);
    return {};
  },
};

/**
 * The same as `writeRefs` for a push from a shallow clone, whose branch only git can move: it has to write down where
 * history ends, and in receive-pack that is not possible in proc-receive. Runs when git has ended.
 */
export const writeRefsAfterGit: Step<Needs, ReleaseFacts> = {
  name: 'write-refs-after-git',
  always: true,
  commits: true,
  run: async (facts, { log }) => {
    const { journal, record } = facts;
    const { released } = await settleCutOff(log, facts, journal.entry);
    if (!released) throw new GitkubeError('RefMoved', 'git did not move the branch');
    return { release: { number: record.release, commit: record.commit, record } };
  },
};
