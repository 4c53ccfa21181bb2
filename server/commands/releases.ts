import { table } from '../../base/table.ts';
import { shortId } from '../../base/text.ts';
import type { KeptRelease } from '../releases/list-releases.ts';
import { answer } from './answer.ts';
import { json, textCommand } from './text-command.ts';
import { oneRemote, type Usage } from './usage.ts';
import { remoteIn } from './words.ts';

const usage: Usage = {
  name: 'releases',
  summary: 'lists what ran',
  example: 'default/hello',
  takes: oneRemote,
  words: 1,
  options: { '--json': { about: 'as a JSON array, with images' } },
  about: [
    'Lists the last 1000 releases of a Remote, newest first. The first one is what runs. To run one again: rollback <number>',
  ],
  exitCodes: { 0: 'shown' },
};

/** `ssh … releases`: what has run. */
export const releases = textCommand(usage, async ({ options, rest }, { principal, channel, lineEnd, backend }) => {
  const kept = await backend.deploys.releases(remoteIn(rest[0], usage), principal);
  answer(channel, options.has('--json') ? [json(kept)] : lines(kept), lineEnd);
});

function lines(kept: readonly KeptRelease[]): string[] {
  if (kept.length === 0) return ['nothing was released yet'];
  const rows = kept.map((one) => {
    const commit = shortId(one.commit);
    if ('problem' in one) return [`${one.release}`, '', commit, '', `cannot be read: ${one.problem}`];
    return [`${one.release}`, one.at.replace(/\.\d+Z$/, 'Z'), commit, one.by.name, one.how];
  });
  return table(['RELEASE', 'AT', 'COMMIT', 'BY', 'HOW'], rows);
}
