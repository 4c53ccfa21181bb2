import { expected, expectedOf, type Kind } from '../test/git-scripts/expected.ts';
import { notRun, scripts } from '../test/git-scripts/scripts.ts';

/** docs/git-scripts.md: what git's own tests of smart HTTP find other than they expect, and why. */
export function gitScriptsDoc(): string {
  return [
    '<!-- Generated from test/git-scripts by scripts/generate.ts: change it there. -->',
    "# git's own tests of smart HTTP",
    '',
    "`npm run git-scripts` runs these scripts of git's source against [the door of HTTPS](guides/https.md), with the git of Debian that is",
    'installed. All of their tests that have to do with HTTP pass, but for those below. It fails when one of the others does not, when one of',
    `these passes, and when one fails for another reason. The numbers are those of git ${expectedOf}.`,
    '',
    ...scripts.map((script) => `- ${script}`),
    '',
    'Gitkube has no settings for what the scripts set in Apache: addresses that need no password, and redirects. These are in front of it there',
    '([test/git-scripts](../test/git-scripts/README.md)).',
    '',
    '## What differs',
    '',
    ...reasons('differs'),
    '',
    '## What does not apply',
    '',
    ...reasons('inapplicable'),
    '',
    '## Not run',
    '',
    '| script | why |',
    '|---|---|',
    ...Object.entries(notRun).map(([names, why]) => `| ${names} | ${why} |`),
    '',
  ].join('\n');
}

/** Each reason, and the tests below it. */
function reasons(kind: Kind): string[] {
  const ofKind = new Set(expected.map(({ reason }) => reason).filter((reason) => reason.kind === kind));
  return [...ofKind].flatMap((reason) => [
    `- ${reason.why}`,
    ...expected
      .filter((one) => one.reason === reason)
      .map(({ script, number, title }) => `  - ${script.slice(0, 5)}.${number} \`${title}\``),
  ]);
}
