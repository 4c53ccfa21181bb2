import { inventory } from '../../../applier/index.ts';
import type { ReleaseRecord } from '../../git/release.ts';
import { makeRecord, releasedLine } from '../../releases/release-record.ts';
import type { DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';
import type { ImageFacts } from './build.ts';
import type { CheckedFacts } from './check.ts';
import type { RevisionFacts } from './find-revision.ts';
import type { MigrateFacts } from './migrate.ts';
import type { NumberFacts } from './number-release.ts';
import type { PlannedTasks } from './plan-tasks.ts';
import type { RolloutFacts } from './roll-out-workloads.ts';
import type { TestFacts } from './run-tests.ts';
import type { SetEnvFacts } from './set-env.ts';
import type { VerifyFacts } from './verify.ts';

export interface RecordFacts {
  readonly record: ReleaseRecord;
  /** What the pusher reads once it is released. */
  readonly releasedLine: string;
}

type Needs = DeployRequest &
  RevisionFacts &
  NumberFacts &
  PlannedTasks &
  CheckedFacts &
  ImageFacts &
  SetEnvFacts &
  RolloutFacts &
  TestFacts &
  MigrateFacts &
  VerifyFacts;

/** Writes what the tag of the release will say. */
export const recordRelease: Step<Needs, RecordFacts> = {
  name: 'record-release',
  phase: 'refs',
  run: async (facts, { clock }) => {
    const { mark, previous, remote, repository, revision, commit, how, principal, images, checked, results, phases } =
      facts;
    const record = makeRecord({
      number: mark.release,
      previous,
      remoteId: remote.id,
      environment: repository.environment,
      branch: revision.branch,
      commit,
      how,
      principal,
      deployments: remote.deployments,
      images,
      objects: checked.objects ?? (checked.manifests && inventory(checked.manifests)),
      env: facts.recordedEnv,
      tasks: [...facts.tested, ...facts.migrated, ...facts.verified],
      ahead: facts.ahead,
      rolloutMs: phases.durations.rollout ?? 0,
      totalMs: clock.monotonic() - facts.receivedAt,
      now: clock.now(),
    });
    return { record, releasedLine: releasedLine(record, results) };
  },
};
