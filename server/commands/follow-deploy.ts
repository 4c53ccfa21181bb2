import type { Paint } from '../../base/paint.ts';
import type { DeployOutcome } from '../deploys/events.ts';
import type { FollowedDeploy } from '../gateways/followed-deploy.ts';
import { answer, type LineEnd, send } from './answer.ts';
import type { CommandScope } from './command.ts';
import { paintDeploy } from './deploy-text.ts';
import { paintOf } from './for-terminal.ts';
import { stopOf } from './stop.ts';

/** Prints what a deploy says until its end, which is the exit code. Most go on when the client leaves. */
export async function followDeploy(
  deploy: FollowedDeploy,
  scope: CommandScope,
  codeOf: (outcome: DeployOutcome | undefined) => number = exitCode,
): Promise<void> {
  const { channel, left, unreadMs, lineEnd } = scope;
  const signal = stopOf(channel, lineEnd, left);
  const isRead = await send(channel, inText(deploy.until(signal), paintOf(scope), lineEnd), { left: signal, unreadMs });
  if (!isRead) {
    deploy.leave();
    return void channel.close();
  }
  answer(channel, [], lineEnd, codeOf(await deploy.outcome));
}

/** @param texts whole lines */
async function* inText(texts: AsyncIterable<string>, paint: Paint, lineEnd: LineEnd): AsyncGenerator<string> {
  for await (const text of texts) yield text.replace(/([^\n]*)\n/g, (_, line) => paintDeploy(line, paint) + lineEnd);
}

function exitCode(outcome: DeployOutcome | undefined): number {
  return outcome === undefined || outcome.kind === 'failed' ? 1 : 0;
}
