import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BareRepository } from '../../test/support/bare-repository.ts';
import type { DeployRecord } from '../deploys/records/records.ts';
import { lastFailureLine, standingLines } from './standing.ts';

const remote = { id: 'ns/app', environments: [] };
const urlForm = () => 'ssh://git@host:2222/<namespace>/<name>';
let bare: BareRepository;

beforeEach(async () => {
  bare = await BareRepository.create();
});
afterEach(() => bare[Symbol.asyncDispose]());

/** Deploys that are kept, the newest first. */
function makeRecords(...records: Partial<DeployRecord>[]) {
  const all = async (_: unknown, atMost = records.length) => records.slice(0, atMost) as DeployRecord[];
  return { records: { all, find: async () => undefined } };
}

async function release(): Promise<void> {
  using pending = await bare.repository.beginRelease();
  await bare.repository.commitRelease(pending, bare.record({ at: '2026-01-02T03:04:05.678Z' }), bare.old);
}

describe('a client that has nothing to push', () => {
  const lines = (...records: Partial<DeployRecord>[]) =>
    standingLines({ ...makeRecords(...records), urlForm }, { remote, repository: bare.repository });
  const runs = () => `Gitkube: ns/app runs releases/1, main ${bare.next.slice(0, 7)} by a since 2026-01-02T03:04:05Z`;

  const lacks = [
    '  if git rejects the push, main of ns/app has commits that yours lacks; to see them, type: git fetch ssh://git@host:2222/ns/app main && git log ..FETCH_HEAD',
    '  to put yours on top of them, type: git rebase FETCH_HEAD',
    '  to replace them with yours, after git commit --amend or git rebase, type: git push --force ssh://git@host:2222/ns/app HEAD:refs/heads/main',
  ];

  it('reads what runs, how to read its output, and what to do when git rejects the push', async () => {
    await release();
    const brought = { id: 'f00', verdict: { result: 'released', release: 1 } } as const;
    const later = { id: 'bad', verdict: { result: 'checked' } } as const;
    expect(await lines(later, brought)).toEqual([
      runs(),
      '  output of that deploy: ssh -p 2222 git@host output ns/app f00',
      ...lacks,
    ]);
  });

  it('reads what runs also where its record is gone', async () => {
    await release();
    expect(await lines()).toEqual([runs(), ...lacks]);
  });

  it('reads nothing of what ran before the Remote had nothing but environments', async () => {
    await release();
    const past = { ...makeRecords(), urlForm };
    const only = { ...remote, isOnlyEnvironments: true } as const;
    expect(await standingLines(past, { remote: only, repository: bare.repository })).toBeUndefined();
  });

  it('reads nothing before the first release', async () => {
    expect(await lines()).toBeUndefined();
  });
});

describe('a push of a commit that was deployed before', () => {
  const commit = 'c'.repeat(40);
  const ended = { id: 'f00', commit, at: '2026-01-02T03:04:05.000Z', seconds: 60 };
  const line = (...records: Partial<DeployRecord>[]) =>
    lastFailureLine(makeRecords(...records), { repository: bare.repository }, commit);

  it('reads how its last deploy failed, and when', async () => {
    const failed = { result: 'failed', reason: 'BuildFailed', message: 'web: exit code 7' } as const;
    expect(await line({ ...ended, id: 'e', commit: 'other' }, { ...ended, verdict: failed })).toBe(
      'The last deploy of this commit (f00) failed at 2026-01-02T03:05:05Z: BuildFailed: web: exit code 7',
    );
  });

  it('reads that the server stopped during it', async () => {
    const line1 = await line({ ...ended, verdict: { result: 'interrupted' } });
    expect(line1).toBe('The last deploy of this commit (f00) was cut off when the server stopped');
  });

  it('reads nothing of a rollback to a release that there is not, which git had to send this commit with', async () => {
    const refused = { result: 'failed', reason: 'ReleaseNotFound', message: 'ns/app has no release 77' } as const;
    expect(await line({ ...ended, verdict: refused })).toBeUndefined();
  });

  it('is deployed also where the records cannot be read', async () => {
    const { records } = makeRecords();
    const broken = { ...records, all: () => Promise.reject(new Error('EIO')) };
    expect(await lastFailureLine({ records: broken }, { repository: bare.repository }, commit)).toBeUndefined();
  });

  it('reads nothing where the last one succeeded, or is under way, or is long ago', async () => {
    const failed = { ...ended, verdict: { result: 'failed', reason: 'BuildFailed', message: '' } } as const;
    const others = Array.from({ length: 5 }, () => ({ ...ended, commit: 'other' }));
    expect(await line({ ...ended, verdict: { result: 'checked' } }, failed)).toBeUndefined();
    expect(await line({ ...ended, verdict: { result: 'running', phase: 'build' } })).toBeUndefined();
    expect(await line(...others, failed)).toBeUndefined();
  });
});
