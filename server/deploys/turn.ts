import type { PushSession } from '../receive/push-session.ts';
import type { PushContext } from './context.ts';
import type { QueueEntry } from './queue.ts';

/**
 * Resolves when it is this push's turn, which lasts until git has ended.
 * @param onWait called, also more than once, when it has to wait
 * @returns for `dropOlder` of the queue
 */
export async function takeTurn(
  { queue }: Pick<PushContext, 'queue'>,
  { page, phases, signal, ending }: Pick<PushSession, 'page' | 'phases' | 'signal' | 'ending'>,
  who: Omit<QueueEntry, 'onWait' | 'signal'>,
  onWait = () => {},
): Promise<QueueEntry> {
  phases.begin('queue');
  const tell = (reason: string) => {
    page.stage(reason);
    onWait();
  };
  const entry: QueueEntry = { ...who, onWait: tell, signal };
  ending.defer(await queue.enter(entry));
  phases.begin('check');
  return entry;
}
