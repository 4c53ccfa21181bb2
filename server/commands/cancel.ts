import { releaseOf } from '../../base/release-name.ts';
import { plain } from '../../base/text.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { DeployRecord } from '../deploys/records/records.ts';
import type { Cancelling } from '../gateways/control-gateway.ts';
import { answer } from './answer.ts';
import { stopOf } from './stop.ts';
import { textCommand } from './text-command.ts';
import { oneRemote, type Usage } from './usage.ts';
import { deployIn } from './words.ts';

const usage: Usage = {
  name: 'cancel',
  summary: 'cancels a deploy',
  example: 'default/hello',
  takes: `${oneRemote} [<id>]`,
  words: 2,
  options: { '--force': { about: 'ends a migration that runs, too: the database may be between two versions then' } },
  about: [
    'Cancels the running deploy, the only one that waits, or that of the id: stops a build, rolls back a rollout. A',
    'migration that runs goes on to its end. Waits until it is over, and prints how it ended. Where none is under way, it',
    'ends the watch of the last release. Ids: deploys',
  ],
  exitCodes: { 0: 'everything is as before', 1: 'it was too late, or something of the deploy remains' },
};

const migrates =
  'a migration runs, or what undoes one, and goes on to its end; cancel --force ends a migration: the database may be between two versions then';

/** `ssh … cancel`: ends a deploy. */
export const cancel = textCommand(usage, async ({ options, rest }, { principal, channel, left, lineEnd, backend }) => {
  const { remote, id } = deployIn(rest, usage);
  const cancelling = await backend.control.cancel(remote, id, principal, options.has('--force'));
  channel.stdout.write(`${plain(`cancelling ${cancelling.id}: ${cancelling.label}`)}${lineEnd}`);
  if (cancelling.goesOn) channel.stdout.write(`${migrates}${lineEnd}`);
  const signal = stopOf(channel, lineEnd, left);
  const verdict = await untilAborted(cancelling.verdict, signal).catch(() => undefined);
  if (!verdict) return void channel.close();
  answer(
    channel,
    [ended(verdict, cancelling.remote), ...stillWaiting(cancelling)].map((line) => plain(line)),
    lineEnd,
    codeOf(verdict),
  );
});

/** A task that was ended, or that nothing undoes, has changed something. */
function codeOf(verdict: DeployRecord['verdict']): number {
  const isCancelled = verdict.result === 'failed' && verdict.reason === 'Cancelled';
  return isCancelled && remainsOf(verdict.message).length === 0 ? 0 : 1;
}

/** What is said to stay, behind what has failed. */
function remainsOf(message: string): string[] {
  return message.split('; ').slice(1);
}

function ended(verdict: DeployRecord['verdict'], remote: string): string {
  switch (verdict.result) {
    case 'released':
      return `too late: it is released as ${releaseOf(remote, verdict.release)}`;
    case 'failed':
      return failed(verdict.reason, verdict.message);
    case 'interrupted':
      return 'the server stopped during this deploy: the next start rolls back what is left of it';
    case 'ran':
      return 'too late: the task has run to its end';
    default:
      return `too late: it has ended (${verdict.result}), and changed nothing`;
  }
}

function failed(reason: string, message: string): string {
  if (reason === 'Cancelled' && remainsOf(message).length > 0) return `${message}; everything else is as before`;
  if (reason === 'Cancelled') return `${message}: everything is as before`;
  const isRestored = reason !== 'RollbackFailed' && reason !== 'RestoreUnfinished';
  return isRestored ? `too late: it has failed (${reason}): ${message}` : `not everything is restored yet: ${message}`;
}

function stillWaiting({ waiting }: Cancelling): string[] {
  return waiting.length === 0 ? [] : ['waiting for their turn:', ...waiting.map((line) => `  ${line}`)];
}
