import type { DeployOutcome } from '../deploys/events.ts';
import type { FollowedDeploy } from '../gateways/followed-deploy.ts';
import { answer, type LineEnd, send } from './answer.ts';
import type { CommandScope } from './command.ts';
import { stopOf } from './stop.ts';

/** Prints what a deploy says until its end, which is the exit code. It goes on when the client leaves. */
export async function followDeploy(
  deploy: FollowedDeploy,
  { channel, left, unreadMs, lineEnd }: CommandScope,
): Promise<void> {
  const signal = stopOf(channel, lineEnd, left);
  const isRead = await send(channel, inText(deploy.until(signal), lineEnd), { left: signal, unreadMs });
  if (!isRead) return void channel.close();
  answer(channel, [], lineEnd, exitCode(await deploy.outcome));
}

async function* inText(texts: AsyncIterable<string>, lineEnd: LineEnd): AsyncGenerator<string> {
  for await (const text of texts) yield lineEnd === '\n' ? text : text.replaceAll('\n', lineEnd);
}

function exitCode(outcome: DeployOutcome | undefined): number {
  return outcome === undefined || outcome.kind === 'failed' ? 1 : 0;
}
