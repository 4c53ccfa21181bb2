import type { Paint } from '../../base/paint.ts';
import { plain } from '../../base/text.ts';
import { leftOutLine, textOf } from '../deploys/output.ts';
import type { DeployRecord, OutputPiece } from '../deploys/records/records.ts';
import { answer, type LineEnd, send } from './answer.ts';
import { paintDeploy } from './deploy-text.ts';
import { paintOf } from './for-terminal.ts';
import { leftIs, stopOf } from './stop.ts';
import { textCommand } from './text-command.ts';
import { oneRemote, type Usage } from './usage.ts';
import { deployIn } from './words.ts';

const usage: Usage = {
  name: 'output',
  summary: 'prints the output of a deploy, to its end where it is under way',
  example: 'default/hello',
  takes: `${oneRemote} [<id>]`,
  words: 2,
  options: {},
  about: [
    'Prints the output of a deploy, the last one or that of the id; one under way is followed to its end. Ids: deploys',
  ],
  exitCodes: {
    0: 'it was released, built, checked or already running',
    1: 'it failed',
    3: 'the server stopped before it ended',
  },
};

/** `ssh … output`: what a deploy said, from its beginning to its end. */
export const output = textCommand(usage, async ({ rest }, scope) => {
  const { principal, channel, left, unreadMs, lineEnd, backend } = scope;
  const { remote, id } = deployIn(rest, usage);
  const signal = stopOf(channel, lineEnd, left);
  const deploy = await backend.deploys.read(remote, id, principal, signal);
  const texts = inText(deploy.output, paintOf(scope), lineEnd);
  const isRead = await send(channel, texts, { left: signal, unreadMs }).catch(leftIs(signal));
  if (!isRead) return void channel.close();
  const { verdict } = await deploy.record();
  answer(channel, verdict.result === 'interrupted' ? [interrupted(verdict)] : [], lineEnd, exitCode(verdict));
});

async function* inText(
  pieces: AsyncIterable<readonly OutputPiece[]>,
  paint: Paint,
  lineEnd: LineEnd,
): AsyncGenerator<string> {
  for await (const some of pieces) yield some.map((piece) => `${paintDeploy(lineOf(piece), paint)}${lineEnd}`).join('');
}

function lineOf(piece: OutputPiece): string {
  return 'leftOut' in piece ? leftOutLine(piece.leftOut) : textOf(piece);
}

function interrupted({ message }: { readonly message?: string | undefined }): string {
  return plain(`interrupted: ${message ?? 'the server stopped during this deploy'}`);
}

function exitCode({ result }: DeployRecord['verdict']): number {
  if (result === 'failed') return 1;
  return result === 'interrupted' ? 3 : 0;
}
