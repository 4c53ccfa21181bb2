/**
 * `npm run faults [-- --phase build --fault SIGKILL] [--lanes 3] [--write]`: every phase of a push × every fault, on a real
 * cluster. Prints the table; `--write` keeps it in docs/faults.md, where cells that are not run keep what was there.
 * GITKUBE_TEST_RIG names a cluster that runs already.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setup } from '../support/global-setup.ts';
import type { Phase } from './cell.ts';
import { type FaultName, faultNames } from './faults.ts';
import { phases } from './phases.ts';
import { type CellResult, runCell } from './run-cell.ts';
import { key, lineOf, linesOf, overview, page } from './table.ts';

const { values } = parseArgs({
  options: {
    phase: { type: 'string', multiple: true },
    fault: { type: 'string', multiple: true },
    lanes: { type: 'string', default: '3' },
    write: { type: 'boolean', default: false },
  },
});
const document = join(import.meta.dirname, '../../docs/faults.md');

interface Cell {
  readonly phase: Phase;
  readonly fault: FaultName;
}

const chosen = cells(values.phase ?? phases.map(({ name }) => name), values.fault ?? faultNames);
const lines = new Map(values.write ? linesOf(await readFile(document, 'utf8').catch(() => '')) : []);
const red: CellResult[] = [];
let writing = Promise.resolve();
const end = await setup();
try {
  await runAll(chosen, Number(values.lanes), async (result) => {
    const name = key(result.phase, result.fault);
    const isRed = result.problems.length > 0;
    if (isRed) red.push(result);
    console.log(`${name}: ${isRed ? 'RED' : result.outcome} (${Math.round(result.seconds)} s) ${result.heard}`);
    lines.set(name, lineOf(result));
    // One after the other: two at once leave the end of the longer one.
    if (values.write) writing = writing.then(() => writeFile(document, page(phases, lines)));
  });
} finally {
  await writing;
  await end?.();
}
console.log(['', ...overview(phases, lines)].join('\n'));
for (const result of red) describe(result);
console.log(`${chosen.length} cells, ${red.length} red`);
process.exitCode = red.length === 0 ? 0 : 1;

function cells(phaseNames: readonly string[], names: readonly string[]): Cell[] {
  const unknown = [
    ...phaseNames.filter((name) => !phases.some((phase) => phase.name === name)),
    ...names.filter((name) => !faultNames.some((one) => one === name)),
  ];
  if (unknown.length > 0) {
    const known = `phases are ${phases.map(({ name }) => name).join(', ')}; faults are ${faultNames.join(', ')}`;
    throw new Error(`there is no ${unknown.join(', ')}: ${known}`);
  }
  return phases
    .filter(({ name }) => phaseNames.includes(name))
    .flatMap((phase) => faultNames.filter((name) => names.includes(name)).map((fault) => ({ phase, fault })))
    .filter(({ phase, fault }) => typeof phase.expects[fault] === 'string');
}

/** Each cell has a server of its own; what they share is the machine. */
async function runAll(
  all: readonly Cell[],
  lanes: number,
  onResult: (result: CellResult) => Promise<void>,
): Promise<void> {
  const left = [...all];
  // What is under way ends in order: servers, namespaces and mounts of a cell would stay.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => left.splice(0));
  const lane = async () => {
    for (let cell = left.shift(); cell; cell = left.shift()) await onResult(await runCell(cell.phase, cell.fault));
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

function describe({ phase, fault, problems }: CellResult): void {
  console.log(`\nRED ${key(phase, fault)}`);
  for (const problem of problems) console.log(problem.replace(/^/gm, '  '));
}
