import type { DeployRequest, RepairRequest } from './request.ts';
import { Steps } from './run-steps.ts';
import { announce } from './steps/announce.ts';
import { applyManifests } from './steps/apply-manifests.ts';
import { ask } from './steps/ask.ts';
import { authorizeAgain } from './steps/authorize-again.ts';
import { authorizeChange } from './steps/authorize-change.ts';
import { beginTask } from './steps/begin-task.ts';
import { build } from './steps/build.ts';
import { check } from './steps/check.ts';
import { chooseImages } from './steps/choose-images.ts';
import { cleanUp } from './steps/clean-up.ts';
import { compareRunning } from './steps/compare-running.ts';
import { deleteTasks } from './steps/delete-tasks.ts';
import { dropOlder } from './steps/drop-older.ts';
import { endUndeployed } from './steps/end-undeployed.ts';
import { findRevision } from './steps/find-revision.ts';
import { findRisks } from './steps/find-risks.ts';
import { locateBranch } from './steps/locate-branch.ts';
import { migrate } from './steps/migrate.ts';
import { numberRelease } from './steps/number-release.ts';
import { planEnv } from './steps/plan-env.ts';
import { planTasksOf } from './steps/plan-tasks.ts';
import { pruneEnv } from './steps/prune-env.ts';
import { recordRelease } from './steps/record-release.ts';
import { recoverCutOff } from './steps/recover-cut-off.ts';
import { report, sayReleased } from './steps/report.ts';
import { restartReaders } from './steps/restart-readers.ts';
import { rollOutWorkloads } from './steps/roll-out-workloads.ts';
import { runTask } from './steps/run-task.ts';
import { runTests } from './steps/run-tests.ts';
import { setEnv } from './steps/set-env.ts';
import { startRefs } from './steps/start-refs.ts';
import { takeTurn } from './steps/take-turn.ts';
import { verify } from './steps/verify.ts';
import { warn } from './steps/warn.ts';
import { keepRecord, writeRefs, writeRefsAfterGit } from './steps/write-refs.ts';

/** Nothing has changed anywhere until these have ended. git runs them as pre-receive, its objects in quarantine. */
export const prepare = Steps.from<DeployRequest>()
  .add(ask)
  .add(findRevision)
  .add(takeTurn)
  .add(authorizeAgain)
  .add(recoverCutOff)
  .add(locateBranch)
  .add(announce)
  .add(chooseImages)
  .add(planEnv)
  .add(planTasksOf)
  .add(check)
  .add(dropOlder)
  .add(build)
  .add(compareRunning)
  .add(runTests);

/** What is still checked when git has taken the objects: as proc-receive, like all that follows. */
export const begin = prepare
  .next() //
  .add(authorizeChange)
  .add(endUndeployed)
  .add(numberRelease);

/** Each of these says in the journal what it is about to change; when one fails, all of it is undone. */
export const rollOut = begin
  .next() //
  .add(startRefs)
  .add(migrate)
  .add(setEnv)
  .add(applyManifests)
  .add(restartReaders)
  .add(findRisks)
  .add(rollOutWorkloads)
  .add(verify)
  .add(warn)
  .add(recordRelease);

/** The refs decide. */
export const release = rollOut
  .next() //
  .add(writeRefs)
  .add(cleanUp)
  .add(pruneEnv)
  .add(deleteTasks)
  .add(sayReleased)
  .add(report);

/** In place of `release` where only git can move the branch: first these, */
export const promise = rollOut
  .next() //
  .add(keepRecord)
  .add(sayReleased);

/** and when git has ended, these. */
export const releaseAfterGit = rollOut
  .next() //
  .add(writeRefsAfterGit)
  .add(cleanUp)
  .add(pruneEnv)
  .add(deleteTasks)
  .add(report);

/** The repair of drift runs these alone: it moves no ref. */
export const repair =
  Steps.from<RepairRequest>() //
    .add(rollOutWorkloads);

/** One task alone, with what runs: it makes no release. */
export const beginOneTask = Steps.from<DeployRequest>()
  .add(ask)
  .add(findRevision)
  .add(takeTurn)
  .add(authorizeAgain)
  .add(recoverCutOff)
  .add(authorizeChange)
  .add(announce)
  .add(beginTask);

export const oneTask = beginOneTask
  .next() //
  .add(runTask);

/** All that can be undone, for what a crash has cut off. */
export const undoable = [...rollOut.undoable, ...oneTask.undoable];
