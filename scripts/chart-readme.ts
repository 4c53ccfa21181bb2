import { readFileSync } from 'node:fs';

const begin = '<!-- values: made of values.yaml by scripts/generate.ts -->';
const end = '<!-- end of values -->';

/** The chart's README with a row for each value: its comment in values.yaml is its description. */
export function chartReadme(): string {
  const read = (file: string) => readFileSync(new URL(`../manifests/chart/${file}`, import.meta.url), 'utf8');
  const [before = '', rest = ''] = read('README.md').split(begin);
  const [, after = ''] = rest.split(end);
  const table = ['| value | default | about |', '|---|---|---|', ...valueRows(read('values.yaml'))].join('\n');
  return `${before}${begin}\n\n${table}\n\n${end}${after}`;
}

/** A row for each value, and for each group that has a comment. Values are nested by two spaces, and lists are on one line. */
export function valueRows(yaml: string): string[] {
  const path: string[] = [];
  let comment: string[] = [];
  const rows: string[] = [];
  for (const line of yaml.split('\n')) {
    const [, said] = /^ *# ?(.*)$/.exec(line) ?? [];
    const [, indent = '', key = '', value = ''] = /^( *)([\w.-]+):(?: (.*))?$/.exec(line) ?? [];
    if (said !== undefined) comment.push(said);
    else if (key !== '') {
      path.splice(indent.length / 2, path.length, key);
      if (value !== '' || comment.length > 0) rows.push(row(path.join('.'), value, comment.join(' ')));
    }
    if (said === undefined) comment = [];
  }
  return rows;
}

function row(name: string, value: string, about: string): string {
  const shown = value === '' || value === "''" ? '' : `\`${value}\``;
  return `| \`${name}\` | ${shown} | ${about.replaceAll('|', '\\|').replaceAll('<', '&lt;')} |`;
}
