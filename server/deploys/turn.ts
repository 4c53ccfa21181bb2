import type { DeployContext } from './context.ts';
import type { QueueEntry } from './queue-entry.ts';
import type { DeployRequest } from './request.ts';

/**
 * Resolves when it is this push's turn, which lasts until git has ended.
 * @param onWait called, also more than once, when it has to wait
 * @returns for `dropOlder` of the queue
 */
export async function takeTurn(
  { queue }: Pick<DeployContext, 'queue'>,
  { output, phases, signal, ending }: Pick<DeployRequest, 'output' | 'phases' | 'signal' | 'ending'>,
  who: Omit<QueueEntry, 'onWait' | 'signal'>,
  onWait = () => {},
): Promise<QueueEntry> {
  phases.begin('queue');
  const say = (reason: string) => {
    output.stage(reason);
    onWait();
  };
  const entry: QueueEntry = { ...who, onWait: say, signal };
  ending.defer(await queue.enter(entry));
  phases.begin('check');
  return entry;
}
