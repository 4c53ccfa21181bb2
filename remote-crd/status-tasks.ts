import { plain } from '../base/text.ts';
import type { PushStatus, TaskStatus } from './status-schema.ts';

/** As many as a Remote may have. */
const shownTasks = 20;

/** With what is known now of one task: those of a deploy replace those of the one before. */
export function withTask(known: readonly TaskStatus[] = [], task: TaskStatus): readonly TaskStatus[] {
  const own = known.filter(({ push }) => push === task.push);
  const message = task.message === undefined ? {} : { message: plain(task.message, 1000) };
  const old = own.find(({ name }) => name === task.name);
  const { message: _said, ...kept } = old ?? {};
  const now = { ...(old?.state === task.state ? old : kept), ...task, ...message };
  return (old ? own.map((one) => (one === old ? now : one)) : [...own, now]).slice(0, shownTasks);
}

/** Those of the status, with what the server has said since. */
export function tasksIn(
  before: readonly TaskStatus[] = [],
  said: readonly TaskStatus[] = [],
  lastPush: PushStatus | undefined,
): TaskStatus[] {
  return said.reduce(withTask, before).map((task) => (isCutOff(task, lastPush) ? cutOff(task) : task));
}

/** Its deploy has ended before anybody knew its end; a migration goes on, and the next server knows it. */
function isCutOff({ push, stage, state }: TaskStatus, lastPush: PushStatus | undefined): boolean {
  if (state !== 'Running' || lastPush?.id !== push) return false;
  return stage !== 'Migrate' || lastPush.reason !== 'RestoreUnfinished';
}

function cutOff(task: TaskStatus): TaskStatus {
  return { ...task, state: 'Failed', message: 'its deploy has ended before it' };
}
