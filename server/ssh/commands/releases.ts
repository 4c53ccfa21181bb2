import { table } from '../../../base/table.ts';
import { shortId } from '../../../base/text.ts';
import type { KeptRelease } from '../../releases/list-releases.ts';
import { answer } from '../answer.ts';
import { refuseInText } from '../refusal.ts';
import type { Command } from './command.ts';
import { readWords, remoteIn, type Usage } from './words.ts';

const usage: Usage = {
  name: 'releases',
  options: ['--json'],
  help: [
    'releases [<namespace>/<remote>] [--json]',
    '',
    'Lists the last 1000 releases of a Remote, newest first. The first one is what runs. The Remote can be left out when',
    'your key has exactly one.',
    '',
    '  --json   as a JSON array, with images',
    '',
    'To run one of them again: rollback [<namespace>/<remote>] [<number>]',
  ],
};

/** `ssh … releases`: what has run. */
export const releases: Command = {
  pattern: /^releases(?:\s+(.*))?$/s,
  refuse: (channel, error) => refuseInText(channel, error, 2),
  run: async ([, text = ''], { principal, channel, lineEnd, backend }) => {
    const { options, rest } = readWords(text, usage, 1);
    if (options.has('--help')) return answer(channel, usage.help, lineEnd);
    const kept = await backend.deploys.releases(remoteIn(rest[0], usage), principal);
    answer(channel, options.has('--json') ? [JSON.stringify(kept)] : lines(kept), lineEnd);
  },
};

function lines(kept: readonly KeptRelease[]): string[] {
  if (kept.length === 0) return ['nothing was released yet'];
  const rows = kept.map((one) => {
    const commit = shortId(one.commit);
    if ('problem' in one) return [`${one.release}`, '', commit, '', `cannot be read: ${one.problem}`];
    return [`${one.release}`, one.at.replace(/\.\d+Z$/, 'Z'), commit, one.by.name, one.how];
  });
  return table(['RELEASE', 'AT', 'COMMIT', 'BY', 'HOW'], rows);
}
