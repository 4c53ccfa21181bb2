import { describe, expect, it } from 'vitest';
import { begin, prepare, promise, release, releaseAfterGit, repair, rollOut, undoable } from './pipeline.ts';
import type { Step } from './step.ts';

describe('a deploy', () => {
  it('goes through these steps, in this order', () => {
    const names = [prepare, begin, rollOut, release].map((steps) => steps.names);
    expect(names).toMatchInlineSnapshot(`
      [
        [
          "ask",
          "find-revision",
          "take-turn",
          "authorize-again",
          "recover-cut-off",
          "locate-branch",
          "announce",
          "choose-images",
          "plan-env",
          "plan-tasks",
          "check",
          "drop-older",
          "build",
          "compare-running",
          "run-tests",
        ],
        [
          "authorize-change",
          "end-undeployed",
          "number-release",
        ],
        [
          "start-refs",
          "migrate",
          "set-env",
          "apply-manifests",
          "restart-readers",
          "find-risks",
          "roll-out-workloads",
          "verify",
          "warn",
          "record-release",
        ],
        [
          "write-refs",
          "clean-up",
          "prune-env",
          "delete-tasks",
          "say-released",
          "report",
        ],
      ]
    `);
  });

  it('of a shallow push leaves the branch to git, and ends as any other one', () => {
    expect(promise.names).toEqual(['keep-record', 'say-released']);
    expect(releaseAfterGit.names).toEqual(['write-refs-after-git', 'clean-up', 'prune-env', 'delete-tasks', 'report']);
  });

  it('gets another step by another line', () => {
    const nothing: Step<object, object> = { name: 'nothing', run: async () => ({}) };
    expect(prepare.add(nothing).names).toEqual([...prepare.names, 'nothing']);
  });

  it('is undone by the names of its steps: each step that changes something has one of its own', () => {
    const changing = ['migrate', 'set-env', 'apply-manifests', 'roll-out-workloads', 'run-task'];
    expect(undoable.map(({ name }) => name)).toEqual(changing);
    const all = [prepare, begin, rollOut, release, promise, releaseAfterGit].flatMap(({ names }) => names);
    const twice = ['clean-up', 'prune-env', 'delete-tasks', 'report', 'say-released'];
    expect([...new Set(all)]).toHaveLength(all.length - twice.length);
  });

  it('and a repair of drift share the step that rolls out', () => {
    expect(repair.names).toEqual(['roll-out-workloads']);
  });
});
