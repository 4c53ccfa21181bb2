import type { RemoteName } from '../access/remote-name.ts';
import { rollback as trigger } from '../deploys/triggers/rollback.ts';
import { followDeploy } from './follow-deploy.ts';
import { textCommand } from './text-command.ts';
import { oneRemote, type Usage } from './usage.ts';
import { isRelease, releaseIn, remoteIn, requireRelease } from './words.ts';

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
  const { remote, number } = wishIn(rest);
  const wish = { number, dryRun: options.has('--dry-run') };
  const { control } = scope.backend;
  await followDeploy(await control.deploy(remote, trigger, wish, scope.principal), scope);
});

/** Both may be left out; a Remote has a slash. @throws UsageInvalid */
function wishIn(words: readonly string[]): { remote: RemoteName | undefined; number: number | undefined } {
  const [first, second] = words;
  if (second !== undefined) requireRelease(second, usage);
  const isName = second !== undefined || (first?.includes('/') && !isRelease(first));
  const remote = isName ? remoteIn(first, usage) : undefined;
  const number = isName ? second : first;
  return { remote, number: number === undefined ? undefined : releaseIn(number, usage, remote) };
}
