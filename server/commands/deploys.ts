import { table } from '../../base/table.ts';
import { duration, shortId } from '../../base/text.ts';
import type { DeployRecord } from '../deploys/records/records.ts';
import { answer } from './answer.ts';
import { json, textCommand } from './text-command.ts';
import { oneRemote, type Usage } from './usage.ts';
import { remoteIn } from './words.ts';

const usage: Usage = {
  name: 'deploys',
  summary: 'lists the recorded deploys, with those under way',
  example: 'default/hello',
  takes: oneRemote,
  words: 1,
  options: { '--json': { about: 'as a JSON array, with phases and images' } },
  about: [
    'Lists the recorded deploys of a Remote, newest first, with those under way. To read what one printed: output <id>',
  ],
  exitCodes: { 0: 'shown' },
};

/** `ssh … deploys`: what was deployed, and what is being deployed. */
export const deploys = textCommand(usage, async ({ options, rest }, { principal, channel, lineEnd, backend }) => {
  const records = await backend.deploys.all(remoteIn(rest[0], usage), principal);
  answer(channel, options.has('--json') ? [json(records)] : lines(records), lineEnd);
});

function lines(records: readonly DeployRecord[]): string[] {
  if (records.length === 0) return ['nothing was deployed yet'];
  const rows = records.map(({ id, at, commit, by, verdict, seconds }) => [
    id,
    at.replace(/\.\d+Z$/, 'Z'),
    shortId(commit),
    by.name,
    words(verdict),
    seconds === undefined ? '' : duration(seconds * 1000),
  ]);
  return table(['ID', 'BEGAN', 'COMMIT', 'BY', 'VERDICT', 'TOOK'], rows);
}

function words(verdict: DeployRecord['verdict']): string {
  switch (verdict.result) {
    case 'released':
      return `releases/${verdict.release}`;
    case 'failed':
      return `failed: ${verdict.reason}`;
    case 'running':
      return verdict.phase === 'queue' ? 'waiting for its turn' : `running: ${verdict.phase}`;
    default:
      return verdict.result;
  }
}
