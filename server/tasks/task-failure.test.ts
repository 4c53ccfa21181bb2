import { expect, it } from 'vitest';
import type { Task } from '../../remote-crd/index.ts';
import { retold, taskFailed } from './task-failure.ts';

const task = { name: 'smoke', stage: 'Verify', timeoutSeconds: 60 } as Task;
const ref = { namespace: 'ns', name: 'gk-smoke' };
const outcome = { kind: 'failed', exitCode: 3, why: '', lines: [] } as const;
const log = 'its Job is kept for a day: kubectl -n ns logs job/gk-smoke';

it('a task that fails says what becomes of the deploy, and one that was asked for alone has none', () => {
  expect(taskFailed(task, ref, outcome, { ms: 1500 })).toMatchObject({
    message: 'task smoke failed with exit code 3 after 1.5 s; the release is refused',
    hint: ['fix it, commit if the code has to change, and push again', log],
    exitCode: 3,
  });
  expect(taskFailed(task, ref, outcome, { ms: 1500, alone: true })).toMatchObject({
    message: 'task smoke failed with exit code 3 after 1.5 s',
    hint: [log],
  });
});

it('a failure with more to say keeps its exit code', () => {
  const failure = taskFailed(task, ref, { ...outcome, exitCode: 137, isKilled: true }, { ms: 1500 });
  expect(failure.isHalfway).toBe(true);
  expect(retold(failure, 'more')).toMatchObject({ message: 'more', exitCode: 137, evidence: failure.evidence });
  expect(taskFailed(task, ref, outcome, { ms: 1 }).isHalfway).toBe(false);
});
