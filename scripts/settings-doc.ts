import { describeSettings } from '../server/config.ts';

/** docs/settings.md */
export function settingsDoc(): string {
  const rows = describeSettings().map(
    ({ name, about, fallback }) =>
      `| \`${name}\` | ${about.replaceAll('|', '\\|').replaceAll('<', '&lt;')} | ${fallback === '' ? '' : `\`${fallback}\``} |`,
  );
  return [
    '<!-- Generated from server/config.ts by scripts/generate.ts: change it there. -->',
    '# Settings of the server',
    '',
    'Variables of the environment of `gitkube serve`, which prints the same list with `--help`. The chart has values for the usual ones, and',
    '`settings` for all others; `gitkube install --set NAME=value`. A value that makes no sense ends the start with',
    'its name; an unknown name is logged.',
    '',
    '| setting | about | default |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
