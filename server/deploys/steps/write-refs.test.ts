import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../../base/log.ts';
import { BareRepository } from '../../../test/support/bare-repository.ts';
import { killGit } from '../../../test/support/kill-git.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import type { DeployContext } from '../context.ts';
import { Journal, readJournal } from '../journal.ts';
import { Phases } from '../phases.ts';
import { promise, release, releaseAfterGit } from '../pipeline.ts';

const deployer = { restore: vi.fn(async () => {}), waitUntilRestored: vi.fn(async () => {}) };
const applier = { restore: vi.fn(async () => []), prune: vi.fn(async () => {}) };
const context = { deployer, applier, log: silentLogger } as unknown as DeployContext;

let bare: BareRepository;
let lines: string[];
let ending: DisposableStack;

beforeEach(async () => {
  vi.clearAllMocks();
  lines = [];
  ending = new DisposableStack();
  bare = await BareRepository.create();
});
afterEach(async () => {
  ending.dispose();
  await bare[Symbol.asyncDispose]();
});

/** What is known when everything is rolled out; as far as the refs need it. */
async function rolledOut(signal = new AbortController().signal) {
  const mark = { commit: bare.next, release: 1, pushedBy: 'a', cause: 'b' };
  const refs = { branch: 'main', commit: bare.next, current: bare.old, makesRelease: true };
  const journal = new Journal(bare.repository.path, { id: 'p1', ...refs, mark });
  await journal.keep('roll-out-workloads', { snapshots: [], expected: {} });
  const facts = {
    repository: bare.repository,
    receivePacks: 1,
    current: bare.old,
    pending: Promise.resolve(ending.use(bare.repository.beginRelease())),
    journal,
    record: bare.record(),
    releasedLine: 'Released releases/1',
    migrationJobs: [],
    output: { stage: (line: string) => lines.push(line), say: (line: string) => lines.push(line) },
    phases: new Phases(new ManualClock()),
    remote: { rolloutTimeoutSeconds: 1 },
    signal,
  };
  return facts as unknown as Parameters<typeof release.execute>[0];
}

const released = async (signal?: AbortSignal): Promise<unknown> =>
  release.execute(await rolledOut(signal), context).then(
    ({ outcome }) => outcome,
    (error) => error,
  );

const leftJournal = () => readJournal(bare.repository.path);

describe('a release', () => {
  it('is written as branch and tag, and the journal is deleted', async () => {
    expect(await released()).toMatchObject({ kind: 'released', release: { number: 1 } });
    expect(await bare.refs()).toBe('main next, releases/1');
    expect(await leftJournal()).toBeUndefined();
    expect(lines).toEqual(['Released releases/1']);
  });

  it.each([
    ['tag', 'committed'],
    ['branch', 'prepared'],
    ['branch', 'committed'],
  ] as const)(
    'whose git is killed at the %s, %s, is completed, and the pusher reads of a release',
    async (step, at) => {
      await killGit(bare.repository.path, { step, at });
      expect(await released()).toMatchObject({ release: { number: 1, commit: bare.next } });
      expect(await bare.refs()).toBe('main next, releases/1');
      expect(deployer.restore).not.toHaveBeenCalled();
      expect(lines).toEqual(['Released releases/1']);
      expect(await leftJournal()).toBeUndefined();
    },
  );

  it.each([
    ['tag', false],
    ['tag', true],
    ['branch', true],
  ] as const)(
    'whose git is killed before it writes the %s (always: %s) is undone, with that reason',
    async (step, always) => {
      await killGit(bare.repository.path, { step, at: 'prepared', always });
      const message = 'git update-ref was ended by SIGKILL';
      expect(await released()).toMatchObject({ reason: 'GitFailed', message });
      expect(await bare.refs()).toBe('main old, no release');
      expect(deployer.restore).toHaveBeenCalledOnce();
      expect(await leftJournal()).toBeUndefined();
      const locks = (await readdir(bare.repository.path, { recursive: true })).filter((path) => path.endsWith('.lock'));
      expect(locks).toEqual([]);
    },
  );

  it('that finds a lock of a dead git fails with that reason, and not with a moved branch', async () => {
    await writeFile(join(bare.repository.path, 'refs/heads/main.lock'), '');
    const message = expect.stringContaining("Unable to create 'refs/heads/main.lock': File exists");
    expect(await released()).toMatchObject({ reason: 'GitFailed', message });
    expect(deployer.restore).toHaveBeenCalledOnce();
    // It is gone now.
    expect(await released()).toMatchObject({ release: { number: 1 } });
  });

  it('whose branch somebody else has moved is undone with that reason', async () => {
    await bare.git('update-ref', '-d', 'refs/heads/main');
    expect(await released()).toMatchObject({ reason: 'RefMoved', message: expect.stringContaining('main moved') });
    expect(await bare.refs()).toBe('main missing, no release');
    expect(deployer.restore).toHaveBeenCalledOnce();
  });

  it('of a push that was cancelled is undone', async () => {
    const cause = new Error('cancelled');
    expect(await released(AbortSignal.abort(cause))).toMatchObject({ cause });
    expect(await bare.refs()).toBe('main old, no release');
    expect(deployer.restore).toHaveBeenCalledOnce();
  });

  it('is kept although its journal cannot be deleted', async () => {
    const facts = await rolledOut();
    const path = join(bare.repository.path, 'gitkube-deploying.json');
    await rm(path);
    await mkdir(path);
    expect(await release.execute(facts, context)).toMatchObject({ release: { number: 1 } });
    expect(lines).toEqual(['Released releases/1']);
    expect(deployer.restore).not.toHaveBeenCalled();
  });

  it('of which git cannot say whether it is written keeps journal and workloads until it can', async () => {
    await writeFile(join(bare.repository.path, 'HEAD'), 'damaged\n');
    const message = expect.stringContaining('git could not record it');
    expect(await released()).toMatchObject({ reason: 'GitFailed', message });
    expect(deployer.restore).not.toHaveBeenCalled();
    expect(await leftJournal()).toMatchObject({ id: 'p1' });
  });
});

describe('a release whose branch git itself moves', () => {
  /** As in a push: the signal of the push aborts when its git has ended. */
  const afterGit = async () => {
    const gitEnded = new AbortController();
    const facts = await rolledOut(gitEnded.signal);
    await promise.execute(facts, context);
    return () => {
      gitEnded.abort();
      return releaseAfterGit.execute(facts, context);
    };
  };
  const move = () => bare.git('update-ref', 'refs/heads/main', bare.next);

  it('gets its tag when git has ended', async () => {
    const whenGitEnds = await afterGit();
    await move();
    expect(await whenGitEnds()).toMatchObject({ release: { number: 1 } });
    expect(await bare.refs()).toBe('main next, releases/1');
    expect(await leftJournal()).toBeUndefined();
  });

  it.each(['prepared', 'committed'] as const)(
    'gets its tag although the git that creates it is killed, %s',
    async (at) => {
      const whenGitEnds = await afterGit();
      await move();
      await killGit(bare.repository.path, { step: 'tag', at });
      expect(await whenGitEnds()).toMatchObject({ release: { number: 1 } });
      expect(await bare.refs()).toBe('main next, releases/1');
    },
  );

  it('is undone when git has not moved the branch', async () => {
    const whenGitEnds = await afterGit();
    await writeFile(join(bare.repository.path, 'refs/heads/main.lock'), '');
    await expect(whenGitEnds()).rejects.toMatchObject({ reason: 'RefMoved' });
    expect(await bare.refs()).toBe('main old, no release');
    expect(deployer.restore).toHaveBeenCalledOnce();
    await bare.git('update-ref', 'refs/heads/main', bare.next);
  });
});
