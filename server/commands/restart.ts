import { restart as trigger } from '../deploys/triggers/restart.ts';
import { followDeploy } from './follow-deploy.ts';
import { textCommand } from './text-command.ts';
import { oneRemote, type Usage } from './usage.ts';
import { remoteIn } from './words.ts';

const usage: Usage = {
  name: 'restart',
  summary: 'replaces the pods of what runs',
  example: 'default/hello',
  takes: oneRemote,
  words: 1,
  options: { '--dry-run': { about: 'checks everything, changes nothing' } },
  about: [
    'Replaces the pods of all workloads of a Remote as kubectl rollout restart does, for example for a Secret that has',
    'changed. Neither images nor manifests change. It goes on when you leave: output follows it, cancel cancels it.',
  ],
  exitCodes: { 0: 'all run, or it is checked', 1: 'it failed, and the previous pods run' },
};

/** `ssh … restart`: what runs is to begin from the start. */
export const restart = textCommand(usage, async ({ options, rest }, scope) => {
  const wish = { dryRun: options.has('--dry-run') };
  const { control } = scope.backend;
  await followDeploy(await control.deploy(remoteIn(rest[0], usage), trigger, wish, scope.principal), scope);
});
