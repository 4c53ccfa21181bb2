import type { DeployOutcome } from '../deploys/events.ts';
import { task as trigger } from '../deploys/triggers/task.ts';
import { TaskCutOff, TaskFailure } from '../tasks/task-failure.ts';
import { followDeploy } from './follow-deploy.ts';
import { textCommand } from './text-command.ts';
import { oneRemote, type Usage } from './usage.ts';
import { remoteIn, wrong } from './words.ts';

/** As `run` has it: 1 and 2 are codes of commands. */
const failCode = 125;

const usage: Usage = {
  name: 'task',
  summary: 'runs one task of the Remote now',
  example: 'default/hello migrate',
  takes: `${oneRemote} <name>`,
  words: 2,
  options: {},
  about: [
    'Runs one task of spec.tasks with the images and the environment of what runs now, and prints what it prints. It waits',
    'for its turn as a deploy does, and makes no release. A task of stage Migrate goes on when you leave: only cancel --force',
    'ends it. One of stage Test or Verify ends when you leave.',
  ],
  exitCodes: {
    0: 'it succeeded; every other code may be that of its command',
    1: 'it began, and its end is not known, or it was ended',
    124: 'it did not end within its timeoutSeconds',
  },
  failCode,
};

/** `ssh … task`: one task of the spec alone. */
export const task = textCommand(usage, async ({ rest: [first, second] }, scope) => {
  const name = second ?? first;
  if (name === undefined || (second === undefined && name.includes('/'))) {
    throw wrong(usage, 'task needs the name of a task: task <name>');
  }
  const remote = remoteIn(second === undefined ? undefined : first, usage);
  await followDeploy(await scope.backend.control.deploy(remote, trigger, { name }, scope.principal), scope, codeOf);
});

function codeOf(outcome: DeployOutcome | undefined): number {
  if (outcome?.kind === 'ran') return 0;
  const error = outcome?.kind === 'failed' ? outcome.error : undefined;
  if (!outcome || error instanceof TaskCutOff) return 1;
  if (!(error instanceof TaskFailure)) return failCode;
  // The command of one that is killed may have ended with 0 all the same.
  return error.reason === 'TaskTimeout' ? 124 : error.exitCode || 1;
}
