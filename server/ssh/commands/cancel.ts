import { plain } from '../../../base/text.ts';
import type { Cancelling } from '../../control-gateway.ts';
import type { DeployRecord } from '../../deploys/records/records.ts';
import { answer } from '../answer.ts';
import { refuseInText } from '../refusal.ts';
import type { Command } from './command.ts';
import { deployIn, readWords, type Usage } from './words.ts';

const usage: Usage = {
  name: 'cancel',
  options: [],
  help: [
    'cancel [<namespace>/<remote>] [<id>]',
    '',
    'Ends the deploy that has its turn, or the one of this id: a build is stopped, a rollout is undone. Waits until it is over,',
    'and prints what became of it. The Remote may be left out when your key has exactly one.',
    '',
    'The exit code is 0 when everything is as it was before; 1 when it was too late, or not everything could be restored. It is 2',
    'when the command itself fails.',
    '',
    'Ids: deploys [<namespace>/<remote>]',
  ],
};

/** `ssh … cancel`: ends a deploy. */
export const cancel: Command = {
  pattern: /^cancel(?:\s+(.*))?$/s,
  refuse: (channel, error) => refuseInText(channel, error, 2),
  run: async ([, text = ''], { principal, channel, lineEnd, backend }) => {
    const { options, rest } = readWords(text, usage, 2);
    if (options.has('--help')) return answer(channel, usage.help, lineEnd);
    const { remote, id } = deployIn(rest, usage);
    const cancelling = await backend.control.cancel(remote, id, principal);
    channel.write(`${plain(`cancelling ${cancelling.id}: ${cancelling.label}`)}${lineEnd}`);
    const verdict = await cancelling.verdict;
    answer(
      channel,
      [ended(verdict), ...stillWaiting(cancelling)].map((line) => plain(line)),
      lineEnd,
      codeOf(verdict),
    );
  },
};

function isCancelled(verdict: DeployRecord['verdict']): boolean {
  return verdict.result === 'failed' && verdict.reason === 'Cancelled';
}

function codeOf(verdict: DeployRecord['verdict']): number {
  return isCancelled(verdict) ? 0 : 1;
}

function ended(verdict: DeployRecord['verdict']): string {
  switch (verdict.result) {
    case 'released':
      return `too late: it is released as releases/${verdict.release}`;
    case 'failed':
      if (isCancelled(verdict)) return `${verdict.message}: everything is as it was before`;
      return `it failed with another reason: ${verdict.reason}: ${verdict.message}`;
    case 'interrupted':
      return 'the server ended while this deploy was under way: what is left of it is undone when it starts';
    default:
      return `too late: it is over (${verdict.result}), and has changed nothing`;
  }
}

function stillWaiting({ waiting }: Cancelling): string[] {
  return waiting.length === 0 ? [] : ['waiting for their turn:', ...waiting.map((line) => `  ${line}`)];
}
