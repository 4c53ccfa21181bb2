import type { Paint } from '../../base/paint.ts';
import { type CellStyle, table } from '../../base/table.ts';
import { shortId } from '../../base/text.ts';
import type { KeptRelease } from '../releases/list-releases.ts';
import { answer } from './answer.ts';
import { fitted, paintOf } from './for-terminal.ts';
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
export const releases = textCommand(usage, async ({ options, rest }, scope) => {
  const { principal, channel, lineEnd, backend } = scope;
  const kept = await backend.deploys.releases(remoteIn(rest[0], usage), principal);
  const shown = options.has('--json') ? [json(kept)] : fitted(lines(kept, paintOf(scope)), scope);
  answer(channel, shown, lineEnd);
});

function lines(kept: readonly KeptRelease[], paint: Paint): string[] {
  if (kept.length === 0) return ['nothing was released yet'];
  const rows = kept.map((one) => {
    const commit = shortId(one.commit);
    if ('problem' in one) return [`${one.release}`, '', commit, '', `cannot be read: ${one.problem}`];
    return [`${one.release}`, one.at.replace(/\.\d+Z$/, 'Z'), commit, one.by.name, one.how];
  });
  const isProblem = (row: number) => 'problem' in (kept[row - 1] ?? {});
  const style: CellStyle = (cell, row) => {
    if (row === 0) return paint.quiet(cell);
    return isProblem(row) ? paint.warning(cell) : cell;
  };
  return table(['RELEASE', 'AT', 'COMMIT', 'BY', 'HOW'], rows, style);
}
