import { redeploy as trigger } from '../deploys/triggers/redeploy.ts';
import { followDeploy } from './follow-deploy.ts';
import { textCommand } from './text-command.ts';
import { oneRemote, type Usage } from './usage.ts';
import { remoteIn } from './words.ts';

const usage: Usage = {
  name: 'redeploy',
  summary: 'deploys the running version again',
  example: 'default/hello',
  takes: oneRemote,
  words: 1,
  options: {
    '--no-cache': { about: 'builds the commit that runs again, without any cache' },
    '--dry-run': { about: 'checks everything, changes nothing' },
  },
  about: [
    'Deploys the running version again: the same commit with the same images, and its manifests. Reverts what somebody else',
    'has changed since, and replaces all pods. It goes on when you leave: output follows it, cancel cancels it.',
  ],
  exitCodes: { 0: 'it runs, or is checked', 1: 'it failed, and the previous version runs' },
};

/** `ssh … redeploy`: what runs is to run again. */
export const redeploy = textCommand(usage, async ({ options, rest }, scope) => {
  const wish = { noCache: options.has('--no-cache'), dryRun: options.has('--dry-run') };
  const { control } = scope.backend;
  await followDeploy(await control.deploy(remoteIn(rest[0], usage), trigger, wish, scope.principal), scope);
});
