import type { Paint } from '../../base/paint.ts';
import type { DeployOutcome } from '../deploys/events.ts';
import type { FollowedDeploy } from '../gateways/followed-deploy.ts';
import { answer, type LineEnd, send } from './answer.ts';
import type { CommandScope } from './command.ts';
import { paintDeploy } from './deploy-text.ts';
import { paintOf } from './for-terminal.ts';
import { stopOf } from './stop.ts';

/** Prints what a deploy says until its end, which is the exit code. It goes on when the client leaves. */
export async function followDeploy(deploy: FollowedDeploy, scope: CommandScope): Promise<void> {
  const { channel, left, unreadMs, lineEnd } = scope;
  const signal = stopOf(channel, lineEnd, left);
  const isRead = await send(channel, inText(deploy.until(signal), paintOf(scope), lineEnd), { left: signal, unreadMs });
  if (!isRead) return void channel.close();
  answer(channel, [], lineEnd, exitCode(await deploy.outcome));
}

/** @param texts whole lines */
async function* inText(texts: AsyncIterable<string>, paint: Paint, lineEnd: LineEnd): AsyncGenerator<string> {
  for await (const text of texts) yield text.replace(/([^\n]*)\n/g, (_, line) => paintDeploy(line, paint) + lineEnd);
}

function exitCode(outcome: DeployOutcome | undefined): number {
  return outcome === undefined || outcome.kind === 'failed' ? 1 : 0;
}
