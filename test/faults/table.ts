import type { Kind, Phase } from './cell.ts';
import { type FaultName, faultNames, faults } from './faults.ts';
import type { CellResult } from './run-cell.ts';

/** One line of the page about each cell, by `key`. */
export type Lines = ReadonlyMap<string, string>;

export function key(phase: string, fault: string): string {
  return `${phase} × ${fault}`;
}

export function lineOf({ fault, outcome, heard, problems, seconds }: CellResult): string {
  const state = problems.length === 0 ? outcome : `**red**: ${problems[0]?.split('\n')[0]?.replaceAll('|', '/')}`;
  return `| ${fault} | ${state} | ${heard} | ${Math.round(seconds)} |`;
}

/** docs/faults.md: @param lines what is known of each cell */
export function page(phases: readonly Phase[], lines: Lines): string {
  return [
    '<!-- Written by `npm run faults -- --write`: change test/faults and run it. -->',
    '# What a fault does to a push, to all else that deploys, and to a run',
    '',
    'Each cell is a real deploy on a real cluster that is held in one phase, and one fault that happens to it there. A cell is',
    'green when after it',
    '',
    '- branch, newest release and workloads agree, and no pod of another version is left;',
    '- nothing is under way, and no process, folder, socket, lock, quarantine, note or journal of the push is left, and no pod of',
    '  a run;',
    '- the pusher has read the truth, or could read nothing and the status of the Remote says it;',
    '- the next push works.',
    '',
    '`released`: the version runs. `refused`: nothing has changed, and the pusher reads why. `cut off`: nobody could say it to',
    'the pusher, and the status says what has become of it. `ended`: the command of a run ended with its own exit code.',
    'Of a release that is watched it is the return that is released or not.',
    '',
    ...overview(phases, lines),
    ...phases.flatMap((phase) => section(phase, lines)),
    '## Faults',
    '',
    ...faultNames.map((name) => `- **${name}**: ${faults[name].about}.`),
    '',
  ].join('\n');
}

/** What an earlier page says, for the cells that are not run now. */
export function linesOf(text: string): Lines {
  let phase = '';
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    phase = /^## (.+)/.exec(line)?.[1] ?? phase;
    const [, fault] = /^\| ([^|]+) \| [^|]+ \| [^|]* \| \d+ \|$/.exec(line) ?? [];
    if (fault !== undefined) found.set(key(phase, fault), line);
  }
  return found;
}

/** One word for each cell, a table for each kind of deploy. */
export function overview(phases: readonly Phase[], lines: Lines): string[] {
  const kinds = Map.groupBy(phases, ({ of }) => of);
  return [...kinds.values()].flatMap((some) => overviewOf(some, lines));
}

function overviewOf(phases: readonly Phase[], lines: Lines): string[] {
  const names = phases.map(({ name }) => name);
  const rows = faultNames.map(
    (fault) => `| ${[fault, ...phases.map((phase) => shortly(phase, fault, lines))].join(' | ')} |`,
  );
  return [`| | ${names.join(' | ')} |`, `|---|${names.map(() => '---|').join('')}`, ...rows, ''];
}

function shortly(phase: Phase, fault: FaultName, lines: Lines): string {
  if (typeof phase.expects[fault] !== 'string') return '–';
  const state = lines.get(key(phase.name, fault))?.split('|')[2]?.trim() ?? 'not run';
  return state.startsWith('**red**') ? '**red**' : state;
}

const words: Readonly<Record<Kind, { readonly held: string; readonly reader: string }>> = {
  push: { held: 'push', reader: 'the pusher reads' },
  rollback: { held: 'rollback', reader: 'the person who asked reads' },
  env: { held: 'change', reader: 'the person who asked reads' },
  restart: { held: 'restart', reader: 'the person who asked reads' },
  join: { held: 'push', reader: 'the pusher reads' },
  watch: { held: 'return', reader: 'the status says' },
  run: { held: 'command', reader: 'the person who asked reads' },
  environment: { held: 'push', reader: 'the pusher reads' },
  promotion: { held: 'push', reader: 'the pusher reads' },
};

function section(phase: Phase, lines: Lines): string[] {
  const { held, reader } = words[phase.of ?? 'push'];
  const rows = faultNames.flatMap((fault) =>
    typeof phase.expects[fault] === 'string'
      ? (lines.get(key(phase.name, fault)) ?? `| ${fault} | not run | | 0 |`)
      : [],
  );
  const reasons = faultNames.flatMap((fault) => {
    const expected = phase.expects[fault];
    return typeof expected === 'string' ? [] : [{ fault, reason: expected.not }];
  });
  const byReason = Map.groupBy(reasons, ({ reason }) => reason);
  const senseless = [...byReason].map(([reason, all]) => `- ${all.map((one) => one.fault).join(', ')}: ${reason}.`);
  return [
    `## ${phase.name}`,
    '',
    `The ${held} is held while ${phase.where}.`,
    '',
    `| fault | outcome | what ${reader} | s |`,
    '|---|---|---|---|',
    ...rows,
    '',
    ...(senseless.length > 0 ? ['Not here:', '', ...senseless, ''] : []),
  ];
}
