import { silentLogger } from '../../base/log.ts';
import type { Deployer, DeployRequest, RolloutResult, WorkloadSnapshot } from '../../deployer/index.ts';
import type { JournalEntry } from '../../server/deploys/journal.ts';
import { Phases } from '../../server/deploys/phases.ts';
import { repair } from '../../server/deploys/pipeline.ts';
import { MemoryConfigs } from '../../server/env/testing/memory-configs.ts';
import { noTasks } from '../../server/tasks/testing/no-tasks.ts';
import { ManualClock } from './manual-clock.ts';

/** Deploys workloads as the server does: what a deploy that fails has changed is undone. The journal is in memory. */
export async function deployOrUndo(deployer: Deployer, request: DeployRequest): Promise<readonly RolloutResult[]> {
  const { namespace, timeoutSeconds, say, signal, changes, companion, mark, beforePatch } = request;
  const head = { id: 'p1', branch: 'main', commit: mark.commit, makesRelease: false, mark };
  let steps: JournalEntry['steps'] = [];
  const journal = {
    get entry() {
      return { ...head, steps };
    },
    keep: async (step: string, data: unknown) => {
      await beforePatch?.((data as { snapshots: WorkloadSnapshot[] }).snapshots);
      steps = [{ step, data }];
    },
    clear: async () => {},
  };
  const remote = { namespace, rolloutTimeoutSeconds: timeoutSeconds } as Parameters<typeof repair.execute>[0]['remote'];
  const phases = new Phases(new ManualClock());
  const facts = { remote, changes, companion, mark, output: { say }, phases, signal, journal };
  const applier = { restore: async () => [] };
  return (
    await repair.execute(facts, {
      deployer,
      applier,
      env: new MemoryConfigs().store(),
      tasks: noTasks,
      log: silentLogger,
    })
  ).results;
}
