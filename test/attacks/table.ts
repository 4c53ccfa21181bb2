import { isAsItShouldBe, type Result } from './run.ts';

const columns = ['surface', 'incident', 'attack', 'control', 'Gitkube', ''];

/** A table of Markdown, its columns as wide as they have to be. */
export function table(results: readonly Result[]): string {
  const rows = [columns, ...results.map(rowOf)].map((row) => row.map((cell) => cell.replaceAll('|', '/')));
  const widths = columns.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...body.map(line)].join('\n');
}

function rowOf(result: Result): string[] {
  const { surface, attack, control, gitkube } = result;
  const say = ({ fell, seen }: Result['control']) => `${fell ? 'falls' : 'stands'}: ${seen}`;
  return [surface, attack.incident, attack.what, say(control), say(gitkube), isAsItShouldBe(result) ? '' : 'WRONG'];
}
