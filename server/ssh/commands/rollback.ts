import { plain } from '../../../base/text.ts';
import type { DeployOutcome } from '../../deploys/events.ts';
import { rollback as trigger } from '../../deploys/triggers/rollback.ts';
import { answer, type LineEnd, send } from '../answer.ts';
import { stopOf } from '../stop.ts';
import { textCommand } from './text-command.ts';
import { oneRemote, type Usage } from './usage.ts';
import { remoteIn, wrong } from './words.ts';

const usage: Usage = {
  name: 'rollback',
  summary: 'runs a release again',
  example: 'default/hello 40',
  takes: `${oneRemote} [<number>]`,
  words: 2,
  options: { '--dry-run': { about: 'checks everything, changes nothing' } },
  about: [
    'Runs a release again with the images that it recorded: that of the number, or the one before the release that runs.',
    'Builds nothing. It goes on when you leave: output follows it, cancel cancels it. Numbers: releases',
  ],
  exitCodes: { 0: 'the release runs, or is checked', 1: 'it failed, and the previous version runs' },
};

/** `ssh … rollback`: an older release is to run again. */
export const rollback = textCommand(
  usage,
  async ({ options, rest }, { principal, channel, socket, left, unreadMs, lineEnd, backend }) => {
    const { name, number } = releaseIn(rest);
    const wish = { number, dryRun: options.has('--dry-run') };
    const { deploy, output } = await backend.control.deploy(remoteIn(name, usage), trigger, wish, principal);
    const signal = stopOf(channel, lineEnd, left);
    const isRead = await send(channel, inText(output.until(signal), lineEnd), { socket, left: signal, unreadMs });
    if (!isRead) return void channel.close();
    answer(channel, [], lineEnd, exitCode(await deploy.outcome));
  },
);

/** Both may be left out; a Remote has a slash. @throws UsageInvalid */
function releaseIn([first, second]: readonly string[]): { name?: string | undefined; number: number | undefined } {
  if (second !== undefined) return { name: first, number: numberIn(second) };
  return first === undefined || first.includes('/') ? { name: first, number: undefined } : { number: numberIn(first) };
}

function numberIn(word: string): number {
  const [, digits] = /^(?:releases\/)?([1-9]\d{0,8})$/.exec(word) ?? [];
  if (digits === undefined) throw wrong(usage, `${plain(word, 80)} is not the number of a release`);
  return Number(digits);
}

async function* inText(texts: AsyncIterable<string>, lineEnd: LineEnd): AsyncGenerator<string> {
  for await (const text of texts) yield lineEnd === '\n' ? text : text.replaceAll('\n', lineEnd);
}

function exitCode(outcome: DeployOutcome | undefined): number {
  return outcome === undefined || outcome.kind === 'failed' ? 1 : 0;
}
