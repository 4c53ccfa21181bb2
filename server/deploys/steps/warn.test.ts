import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../base/log.ts';
import type { WorkloadRisks } from '../../../deployer/index.ts';
import type { Remote } from '../../../remote-crd/index.ts';
import { BareRepository } from '../../../test/support/bare-repository.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import type { Origin } from '../image-origin.ts';
import { OutputLines } from '../output.ts';
import { findRisks } from './find-risks.ts';
import { warn } from './warn.ts';

const remote = { namespace: 'shop', name: 'app' } as Remote;
const off = 'to leave such warnings out, set spec.rollout.warnings: false: kubectl -n shop edit remote app';

let bare: BareRepository;
let clock: ManualClock;

beforeEach(async () => {
  bare = await BareRepository.create();
  clock = new ManualClock();
});
afterEach(() => bare[Symbol.asyncDispose]());

/** What the pusher reads of these risks, by the name of the workload. */
async function read(risks: Record<string, string[]>): Promise<string[]> {
  const output = new OutputLines(remote);
  const lines: string[] = [];
  output.readBy(({ text }) => lines.push(text));
  const all = Object.entries(risks).map(([name, some]) => ({ kind: 'Deployment', name, risks: some }) as const);
  const facts = { remote, repository: bare.repository, output, risks: Promise.resolve(all) };
  await warn.run(facts, { log: silentLogger });
  return lines;
}

describe('the warnings of a push', () => {
  it('are a line for each workload, and one that says how to leave them out', async () => {
    const lines = await read({ www: ['no readinessProbe', 'one replica'], api: [], db: ['one replica'] });
    expect(lines).toEqual(['www: warning: no readinessProbe; one replica', 'db: warning: one replica', off]);
  });

  it('are printed once, and again only for a workload that lacks something else', async () => {
    await read({ www: ['one replica'], api: ['one replica'] });
    expect(await read({ www: ['one replica'], api: ['one replica'] })).toEqual([]);
    expect(await read({ www: ['no readinessProbe'], api: ['one replica'] })).toEqual([
      'www: warning: no readinessProbe',
      off,
    ]);
  });

  it('come back with what they are about', async () => {
    await read({ www: ['one replica'] });
    expect(await read({ www: [] })).toEqual([]);
    expect(await read({ www: ['one replica'] })).toHaveLength(2);
  });

  it('of a workload stay printed when another push deploys others only', async () => {
    await read({ www: ['one replica'] });
    await read({ api: ['one replica'] });
    expect(await read({ www: ['one replica'], api: ['one replica'] })).toEqual([]);
  });
});

describe('the look at what workloads lack', () => {
  const one: WorkloadRisks = { kind: 'Deployment', name: 'www', risks: ['one replica'] };

  async function look(risks: () => Promise<WorkloadRisks[]>, warns = true, kind: Origin['kind'] = 'build') {
    const facts = { remote: { namespace: 'ns', warns } as Remote, origin: { kind } as Origin, changes: [] };
    const found = await findRisks.run(facts, { deployer: { risks }, clock });
    return 'risks' in found ? found.risks : expect.fail('it ended');
  }

  it('is made for a version that was built', async () => {
    expect(await look(async () => [one])).toEqual([one]);
    expect(clock.pending).toBe(0);
  });

  it.each([
    ['the Remote wants no warnings', false, 'build'],
    ['a release runs again', true, 'release'],
  ] as const)('is not made where %s', async (_, warns, kind) => {
    expect(await look(() => expect.fail('it looked'), warns, kind)).toEqual([]);
  });

  it('fails no push, and holds none up', async () => {
    expect(await look(() => Promise.reject(new Error('no right')))).toEqual([]);
    const late = look(() => new Promise(() => {}));
    await expect.poll(() => clock.pending).toBe(1);
    clock.advance(5_000);
    expect(await late).toEqual([]);
  });
});
