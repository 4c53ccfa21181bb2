import { beforeEach, expect, it } from 'vitest';
import { silentLogger } from '../../base/log.ts';
import type { V1Pod } from '../../kube/index.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { newPodsLeft } from './new-pods.ts';
import type { BegunMigration } from './undo-migrations.ts';

const workload = { kind: 'Deployment', name: 'www', container: 'www' } as const;
const begun: BegunMigration = {
  ...{ name: 'a', namespace: 'ns', job: 'gk-a', workload },
  ...{ undo: ['down'], newImages: ['www@sha256:new'] },
};

let clock: ManualClock;
let pods: V1Pod[];
let asked: string[];
const kube = {
  listPods: async (namespace: string, selector: string) => {
    asked.push(`${namespace} ${selector}`);
    return pods;
  },
};
const left = (of: readonly BegunMigration[]) =>
  newPodsLeft({ kube, clock, log: silentLogger }, of, new AbortController().signal);

function pod(name: string, image: string, phase = 'Running', terminationGracePeriodSeconds = 30): V1Pod {
  const spec = { terminationGracePeriodSeconds, containers: [{ name: 'www', image }] };
  return { metadata: { name }, spec, status: { phase } };
}

beforeEach(() => {
  [clock, pods, asked] = [new ManualClock(), [], []];
});

it('waits for nothing where nothing is undone', async () => {
  const { undo: _, ...kept } = begun;
  expect(await left([kept])).toEqual([]);
  expect(await left([{ ...begun, newImages: [] }])).toEqual([]);
  expect(asked).toEqual([]);
});

it('does not count pods of the version before, of tasks, and such as have ended', async () => {
  pods = [pod('old', 'www@sha256:old'), pod('done', 'www@sha256:new', 'Succeeded')];
  expect(await left([begun])).toEqual([]);
  expect(asked).toEqual(['ns !gitkube.sh/task']);
});

it('waits until the last one has ended', async () => {
  pods = [pod('new', 'www@sha256:new')];
  const waiting = left([begun]);
  await expect.poll(() => clock.pending).toBe(1);
  pods = [];
  clock.advance(1000);
  expect(await waiting).toEqual([]);
});

it('names those that run on after their grace', async () => {
  pods = [pod('new', 'www@sha256:new', 'Running', 120)];
  const waiting = left([begun]);
  for (const ms of [31_000, 100_000, 31_000]) {
    await expect.poll(() => clock.pending).toBe(1);
    clock.advance(ms);
  }
  expect(await waiting).toEqual(['new']);
  expect(asked).toHaveLength(4);
});
