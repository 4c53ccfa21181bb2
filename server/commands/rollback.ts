import { rollback as trigger } from '../deploys/triggers/rollback.ts';
import { followDeploy } from './follow-deploy.ts';
import { textCommand } from './text-command.ts';
import { oneRemote, type Usage } from './usage.ts';
import { releaseIn, releaseNumber, remoteIn } from './words.ts';

const usage: Usage = {
  name: 'rollback',
  summary: 'runs a release again',
  example: 'default/hello 40',
  takes: `${oneRemote} [<number>]`,
  words: 2,
  options: { '--dry-run': { about: 'checks everything, changes nothing' } },
  about: [
    'Runs a release again with the images that it recorded: that of the number, or that of the version before the one that',
    'runs. Builds nothing. It goes on when you leave: output follows it, cancel cancels it. Numbers: releases',
  ],
  exitCodes: { 0: 'the release runs, or is checked', 1: 'it failed, and the previous version runs' },
};

/** `ssh … rollback`: an older release is to run again. */
export const rollback = textCommand(usage, async ({ options, rest }, scope) => {
  const { name, number } = wishIn(rest);
  const wish = { number, dryRun: options.has('--dry-run') };
  const { control } = scope.backend;
  await followDeploy(await control.deploy(remoteIn(name, usage), trigger, wish, scope.principal), scope);
});

/** Both may be left out; a Remote has a slash. @throws UsageInvalid */
function wishIn([first, second]: readonly string[]): { name?: string | undefined; number: number | undefined } {
  if (second !== undefined) return { name: first, number: releaseIn(second, usage) };
  const isName = first?.includes('/') && releaseNumber(first) === undefined;
  return first === undefined || isName ? { name: first, number: undefined } : { number: releaseIn(first, usage) };
}
