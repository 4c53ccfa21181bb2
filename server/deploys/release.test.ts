import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../base/log.ts';
import { BareRepository } from '../../test/support/bare-repository.ts';
import { killGit } from '../../test/support/kill-git.ts';
import type { PushContext } from './context.ts';
import { type JournalEntry, readJournal, writeJournal } from './journal.ts';
import { type ReleaseOrder, settle, settleAfterGit } from './release.ts';

const deployer = { putBack: vi.fn(async () => {}), waitUntilBack: vi.fn(async () => {}) };
const applier = { putBack: vi.fn(async () => []), prune: vi.fn(async () => {}) };
const context = { deployer, applier, log: silentLogger } as unknown as PushContext;

let bare: BareRepository;
let lines: string[];

beforeEach(async () => {
  vi.clearAllMocks();
  lines = [];
  bare = await BareRepository.create();
  await writeJournal(bare.repository.path, journal());
});
afterEach(() => bare[Symbol.asyncDispose]());

function journal(): JournalEntry {
  const mark = { commit: bare.next, release: 1, pushedBy: 'a', cause: 'b' };
  return { push: 'p1', branch: 'main', commit: bare.next, current: bare.old, snapshots: [], mark, expected: {} };
}

function order(signal = new AbortController().signal): ReleaseOrder {
  const page = { stage: (line: string) => lines.push(line), say: (line: string) => lines.push(line) };
  const { repository, old: current } = bare;
  return { repository, current, page, signal, remote: { rolloutTimeoutSeconds: 1 } } as unknown as ReleaseOrder;
}

const rolledOut = () => ({
  record: bare.record(),
  journal: journal(),
  pending: bare.repository.beginRelease(),
  line: 'Released releases/1',
});

async function settled(signal?: AbortSignal): Promise<unknown> {
  const done = rolledOut();
  using _pending = done.pending;
  return await settle(context, order(signal), done).catch((error) => error);
}

const leftJournal = () => readJournal(bare.repository.path);

describe('a release', () => {
  it('is written: branch, tag, and no journal any more', async () => {
    expect(await settled()).toMatchObject({ number: 1 });
    expect(await bare.refs()).toBe('main next, releases/1');
    expect(await leftJournal()).toBeUndefined();
    expect(lines).toEqual(['Released releases/1']);
  });

  it.each([
    ['tag', 'committed'],
    ['branch', 'prepared'],
    ['branch', 'committed'],
  ] as const)(
    'whose git is killed at the %s, %s, is completed, and the pusher hears of a release',
    async (step, at) => {
      await killGit(bare.repository.path, { step, at });
      expect(await settled()).toMatchObject({ number: 1, commit: bare.next });
      expect(await bare.refs()).toBe('main next, releases/1');
      expect(deployer.putBack).not.toHaveBeenCalled();
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
      expect(await settled()).toMatchObject({ reason: 'GitFailed', message });
      expect(await bare.refs()).toBe('main old, no release');
      expect(deployer.putBack).toHaveBeenCalledOnce();
      expect(await leftJournal()).toBeUndefined();
      const locks = (await readdir(bare.repository.path, { recursive: true })).filter((path) => path.endsWith('.lock'));
      expect(locks).toEqual([]);
    },
  );

  it('that finds a lock of a dead git says so, and not that the branch moved', async () => {
    await writeFile(join(bare.repository.path, 'refs/heads/main.lock'), '');
    const message = expect.stringContaining("Unable to create 'refs/heads/main.lock': File exists");
    expect(await settled()).toMatchObject({ reason: 'GitFailed', message });
    expect(deployer.putBack).toHaveBeenCalledOnce();
    // It is gone now.
    await writeJournal(bare.repository.path, journal());
    expect(await settled()).toMatchObject({ number: 1 });
  });

  it('whose branch somebody else has moved is undone, and that is the reason', async () => {
    await bare.git('update-ref', '-d', 'refs/heads/main');
    expect(await settled()).toMatchObject({ reason: 'RefMoved', message: expect.stringContaining('main moved') });
    expect(await bare.refs()).toBe('main missing, no release');
    expect(deployer.putBack).toHaveBeenCalledOnce();
  });

  it('of a push that was cancelled is undone', async () => {
    expect(await settled(AbortSignal.abort(new Error('cancelled')))).toMatchObject({ message: 'cancelled' });
    expect(await bare.refs()).toBe('main old, no release');
    expect(deployer.putBack).toHaveBeenCalledOnce();
  });

  it('is true although its journal cannot be deleted', async () => {
    const path = join(bare.repository.path, 'gitkube-deploying.json');
    await rm(path);
    await mkdir(path);
    expect(await settled()).toMatchObject({ number: 1 });
    expect(lines).toEqual(['Released releases/1']);
    expect(deployer.putBack).not.toHaveBeenCalled();
  });

  it('of which git cannot say whether it is written keeps journal and workloads until it can', async () => {
    await writeFile(join(bare.repository.path, 'HEAD'), 'damaged\n');
    const message = expect.stringContaining('git could not write whether it is released');
    expect(await settled()).toMatchObject({ reason: 'GitFailed', message });
    expect(deployer.putBack).not.toHaveBeenCalled();
    expect(await leftJournal()).toMatchObject({ push: 'p1' });
  });
});

describe('a release whose branch git itself moves', () => {
  const afterGit = async () => {
    const done = rolledOut();
    using _pending = done.pending;
    return await settleAfterGit(context, order(), done);
  };
  const move = () => bare.git('update-ref', 'refs/heads/main', bare.next);

  it('gets its tag when git has ended', async () => {
    const whenGitEnds = await afterGit();
    await move();
    expect(await whenGitEnds()).toMatchObject({ number: 1 });
    expect(await bare.refs()).toBe('main next, releases/1');
    expect(await leftJournal()).toBeUndefined();
  });

  it.each(['prepared', 'committed'] as const)('gets it although the git that makes it is killed, %s', async (at) => {
    const whenGitEnds = await afterGit();
    await move();
    await killGit(bare.repository.path, { step: 'tag', at });
    expect(await whenGitEnds()).toMatchObject({ number: 1 });
    expect(await bare.refs()).toBe('main next, releases/1');
  });

  it('is undone when git has not moved the branch', async () => {
    const whenGitEnds = await afterGit();
    await writeFile(join(bare.repository.path, 'refs/heads/main.lock'), '');
    expect(await whenGitEnds()).toBeUndefined();
    expect(await bare.refs()).toBe('main old, no release');
    expect(deployer.putBack).toHaveBeenCalledOnce();
    await bare.git('update-ref', 'refs/heads/main', bare.next);
  });
});
