import type { PushContext } from './context.ts';
import type { QueueEntry } from './queue.ts';
import type { PushScope } from './scope.ts';

/**
 * Resolves when it is this push's turn, which lasts until git has ended.
 * @returns for `dropOlder` of the queue
 */
export async function takeTurn(
  { queue }: Pick<PushContext, 'queue'>,
  { page, phases, signal, ending }: Pick<PushScope, 'page' | 'phases' | 'signal' | 'ending'>,
  who: Omit<QueueEntry, 'onWait' | 'signal'>,
): Promise<QueueEntry> {
  phases.begin('queue');
  const entry: QueueEntry = { ...who, onWait: (reason) => page.stage(reason), signal };
  ending.defer(await queue.enter(entry));
  phases.begin('check');
  return entry;
}
