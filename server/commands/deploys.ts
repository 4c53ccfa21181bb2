import type { Paint } from '../../base/paint.ts';
import { releaseOf } from '../../base/release-name.ts';
import { type CellStyle, table } from '../../base/table.ts';
import { duration, plain, shortId } from '../../base/text.ts';
import type { Refusal } from '../access/kept-refusals.ts';
import type { DeployRecord } from '../deploys/records/records.ts';
import { answer } from './answer.ts';
import { fitted, paintOf } from './for-terminal.ts';
import { json, textCommand } from './text-command.ts';
import { oneRemote, type Usage } from './usage.ts';
import { remoteIn } from './words.ts';

const usage: Usage = {
  name: 'deploys',
  summary: 'lists the recorded deploys, with those under way',
  example: 'default/hello',
  takes: oneRemote,
  words: 1,
  options: {
    '--json': { about: 'as a JSON array, with phases and images' },
    '--refused': { about: 'what keys were not let do since the server started, the last twenty' },
  },
  about: [
    'Lists the recorded deploys of a Remote, newest first, with those under way. To read what one printed: output <id>',
  ],
  exitCodes: { 0: 'shown' },
};

/** `ssh … deploys`: what was deployed, and what is being deployed. */
export const deploys = textCommand(usage, async ({ options, rest }, scope) => {
  const { principal, channel, lineEnd, backend } = scope;
  if (options.has('--refused')) {
    const refusals = await backend.deploys.refusals(remoteIn(rest[0], usage), principal);
    const listed = options.has('--json') ? [json(refusals)] : fitted(refusalLines(refusals), scope);
    return answer(channel, listed, lineEnd);
  }
  const records = await backend.deploys.all(remoteIn(rest[0], usage), principal);
  const shown = options.has('--json') ? [json(records)] : fitted(lines(records, paintOf(scope)), scope);
  answer(channel, shown, lineEnd);
});

function lines(records: readonly DeployRecord[], paint: Paint): string[] {
  if (records.length === 0) return ['nothing was deployed yet'];
  const rows = records.map(({ id, remote, at, commit, by, verdict, seconds }) => [
    id,
    at.replace(/\.\d+Z$/, 'Z'),
    shortId(commit),
    by.name,
    words(remote, verdict),
    seconds === undefined ? '' : duration(seconds * 1000),
  ]);
  const looks = [paint.quiet, ...records.map(({ verdict }) => lookOf(verdict, paint))];
  const style: CellStyle = (cell, row, column) => (column === 4 || row === 0 ? (looks[row] ?? String)(cell) : cell);
  return table(['ID', 'BEGAN', 'COMMIT', 'BY', 'VERDICT', 'TOOK'], rows, style);
}

function refusalLines(refusals: readonly Refusal[]): string[] {
  if (refusals.length === 0) return ['nobody was refused since the server started'];
  const rows = refusals.map(({ at, by, message, reason }) => [
    at,
    plain(by.name),
    plain(by.address ?? ''),
    reason,
    plain(message),
  ]);
  return table(['AT', 'BY', 'FROM', 'REASON', 'MESSAGE'], rows);
}

function lookOf({ result }: DeployRecord['verdict'], { good, bad, warning }: Paint): Paint['good'] {
  if (result === 'failed') return bad;
  return result === 'interrupted' || result === 'running' ? warning : good;
}

function words(remote: string, verdict: DeployRecord['verdict']): string {
  switch (verdict.result) {
    case 'released':
      return releaseOf(remote, verdict.release);
    case 'failed':
      return `failed: ${verdict.reason}`;
    case 'running':
      return verdict.phase === 'queue' ? 'waiting for its turn' : `running: ${verdict.phase}`;
    default:
      return verdict.result;
  }
}
