/** A part of the table that `npm run faults` makes: cells that are in no other file here. */
import { describe, expect, it } from 'vitest';
import type { FaultName } from '../faults/faults.ts';
import { phases } from '../faults/phases.ts';
import { runCell } from '../faults/run-cell.ts';

const cells: readonly (readonly [phase: string, fault: FaultName])[] = [
  ['build', 'engine stopped'],
  ['registry push', 'SIGKILL'],
  ['patch', 'API server gone'],
  ['patch', 'data volume full'],
  ['report', 'SIGKILL'],
];

describe.concurrent('after a fault branch and workloads agree, the push says what happened, nothing is left, and the next push works', () => {
  it.each(cells)('in the phase %s: %s', async (name, fault) => {
    const phase = phases.find((one) => one.name === name);
    if (!phase) throw new Error(`there is no phase ${name}`);
    const { outcome, problems } = await runCell(phase, fault);
    expect(problems).toEqual([]);
    expect(outcome).toBe(phase.expects[fault]);
  });
});
