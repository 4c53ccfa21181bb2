import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bus } from '../../../base/bus.ts';
import { GitkubeError } from '../../../base/errors.ts';
import { silentLogger } from '../../../base/log.ts';
import { FullDisk } from '../../../test/support/full-disk.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import type { Repository } from '../../git/repository.ts';
import type { ServerEvent } from '../../server-event.ts';
import type { AskedDeploy, DeployFacts, DeployOutcome } from '../events.ts';
import { OutputLines, textOf } from '../output.ts';
import { Phases } from '../phases.ts';
import { DeployRecorder } from './recorder.ts';
import { DeployRecords } from './records.ts';

let path: string;
let clock: ManualClock;
let server: Server;
/** With those that a crash would have ended. */
let servers: Server[];

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'gitkube-records-'));
  clock = new ManualClock();
  servers = [];
  server = startServer();
});
afterEach(async () => {
  for (const { bus, recorder } of servers) {
    for (const id of ['d1', 'long']) bus.emit({ kind: 'deployEnded', id, ...nothing });
    await recorder.flush();
  }
  await rm(path, { recursive: true, force: true });
});

interface Server {
  readonly bus: Bus<ServerEvent>;
  readonly recorder: DeployRecorder;
  readonly records: DeployRecords;
}

/** What records, and what reads it; another one stands for the server that follows a crash. */
function startServer(): Server {
  const bus = new Bus<ServerEvent>(silentLogger);
  const repository = { folder: path, of: async () => repository } as never as Repository;
  const recorder = new DeployRecorder({ repositories: { find: async () => repository }, clock, log: silentLogger });
  recorder.subscribe(bus);
  const started = { bus, recorder, records: new DeployRecords(recorder) };
  servers.push(started);
  return started;
}

const nothing = { outcome: { kind: 'built' }, durations: {}, phase: 'refs', images: [] } as const;
const remote = { id: 'ns/app', namespace: 'ns', name: 'app', environment: '', uid: 'u1' };
const image = { label: 'www/www', reference: 'r/www@sha256:1' } as never;
const released = { kind: 'released', release: { number: 7 }, releases: [] } as unknown as DeployOutcome;
const failed: DeployOutcome = {
  kind: 'failed',
  error: new GitkubeError('BuildFailed', 'www: the build failed', { evidence: ['boom'], hint: 'fix it' }),
};
const cutOff: DeployOutcome = { kind: 'failed', error: new GitkubeError('PushCutOff', 'the server ended') };

/** A deploy that is asked for and has its turn. */
function begin(id = 'd1', commit = 'c0ffee') {
  const phases = new Phases(clock);
  const output = new OutputLines({ namespace: 'shop', name: 'app' });
  clock.advance(1500);
  const deploy = {
    id,
    trigger: { kind: 'push', via: 'ssh' },
    principal: { name: 'ada@laptop', fingerprint: 'SHA256:ada' },
    asked: remote,
    repository: { folder: path },
    revision: { branch: 'main', oid: 'asked' },
    output,
    phases,
  } as unknown as AskedDeploy;
  server.bus.emit({ kind: 'deployAsked', deploy });
  const facts: DeployFacts = { id, remote, branch: 'main', commit, by: 'ada@laptop' };
  phases.begin('check');
  server.bus.emit({ kind: 'deployStarted', deploy: facts });
  const end = (outcome: DeployOutcome, images: readonly never[] = []) => {
    server.bus.emit({ kind: 'deployFinished', deploy: facts, outcome });
    server.bus.emit({ kind: 'deployEnded', id, outcome, durations: {}, phase: 'refs', images });
  };
  return { output, phases, facts, end };
}

async function recordOf(id = 'd1') {
  return (await server.records.find({ folder: path }, id))?.read();
}

/** What `output` prints. */
async function outputOf(id = 'd1', { records }: Pick<Server, 'records'> = server): Promise<string[]> {
  const lines: string[] = [];
  const deploy = await records.find({ folder: path }, id);
  for await (const pieces of deploy?.output(new AbortController().signal) ?? []) {
    lines.push(...pieces.map((piece) => ('leftOut' in piece ? `${piece.leftOut} left out` : textOf(piece))));
  }
  return lines;
}

const folderOf = async (id = 'd1') => {
  const all = join(path, 'gitkube-deploys');
  return join(all, (await readdir(all)).find((name) => name.endsWith(`-${id}`)) ?? '');
};

describe('the record of a deploy', () => {
  it('has who deployed what, where its time went, the outcome, and the output', async () => {
    const { output, phases, end } = begin();
    output.stage('Gitkube: ns/app');
    clock.advance(200);
    phases.begin('build');
    output.say('step 1');
    clock.advance(3000);
    phases.begin('rollout');
    clock.advance(300);
    end(released, [image]);
    expect(await recordOf()).toEqual({
      id: 'd1',
      at: '2026-01-01T00:00:00.000Z',
      trigger: { kind: 'push', via: 'ssh' },
      by: { name: 'ada@laptop', fingerprint: 'SHA256:ada' },
      remote: 'ns/app',
      uid: 'u1',
      environment: '',
      branch: 'main',
      commit: 'c0ffee',
      joined: [],
      phases: [
        { phase: 'receive', at: '2026-01-01T00:00:00.000Z', seconds: 1.5 },
        { phase: 'check', at: '2026-01-01T00:00:01.500Z', seconds: 0.2 },
        { phase: 'build', at: '2026-01-01T00:00:01.700Z', seconds: 3 },
        { phase: 'rollout', at: '2026-01-01T00:00:04.700Z', seconds: 0.3 },
      ],
      seconds: 5,
      verdict: { result: 'released', release: 7 },
      images: [{ name: 'www/www', image: 'r/www@sha256:1' }],
    });
    expect(await outputOf()).toEqual(['Gitkube: ns/app', '  step 1']);
  });

  it('of a failed deploy has the reason, and the lines as the pusher reads them', async () => {
    const { output, end } = begin();
    output.failure((failed as { error: GitkubeError }).error, 'd1');
    end(failed);
    const verdict = { result: 'failed', reason: 'BuildFailed', message: 'www: the build failed' };
    expect(await recordOf()).toMatchObject({ verdict });
    expect(await outputOf()).toEqual(['  | boom', 'error: www: the build failed', 'hint: fix it']);
  });

  it('has who joined it, while it runs and in the next server, and no more than a hundred of them', async () => {
    const { end } = begin();
    clock.advance(1000);
    const by = { name: 'bob@desktop', fingerprint: 'SHA256:bob' };
    const join = () => server.bus.emit({ kind: 'deployJoined', id: 'd1', remote: remote.id, by });
    join();
    const joined = [{ at: '2026-01-01T00:00:02.500Z', ...by }];
    expect((await recordOf())?.joined).toEqual(joined);
    for (let more = 0; more < 200; more++) join();
    end(released);
    await server.recorder.flush();
    server = startServer();
    const kept = (await recordOf())?.joined;
    expect([kept?.length, kept?.[0]]).toEqual([100, ...joined]);
  });

  it('measures on the monotonic clock: a clock that is turned back makes no time negative', async () => {
    const { phases, end } = begin();
    clock.setWall(-86_400_000);
    clock.advance(1000);
    phases.begin('build');
    end({ kind: 'built' });
    const record = await recordOf();
    expect(record?.phases.map(({ seconds }) => seconds)).toEqual([1.5, 1, 0]);
    expect(record?.seconds).toBe(2.5);
  });

  it('is read while the deploy runs, with its phase and the time so far', async () => {
    const { phases } = begin();
    phases.begin('queue');
    clock.advance(500);
    expect(await recordOf()).toMatchObject({ verdict: { result: 'running', phase: 'queue' }, seconds: 2 });
  });

  it('reads interrupted, never running, when the server that ran it is gone', async () => {
    const { output } = begin();
    output.stage('Building www');
    await server.recorder.written(path);
    await expect.poll(() => readFile(join(path, 'gitkube-deploys/1-d1/output.0'), 'utf8')).toContain('Building');
    server = startServer();
    const record = await recordOf();
    expect(record).toMatchObject({ commit: 'c0ffee', verdict: { result: 'interrupted' } });
    expect(record).not.toHaveProperty('seconds');
    expect(record?.phases.at(-1)).not.toHaveProperty('seconds');
    expect(await outputOf()).toEqual(['Building www']);
  });

  it.each([
    [released, { result: 'released', release: 7 }],
    [cutOff, { result: 'interrupted', message: 'the server ended' }],
    [failed, { result: 'failed', reason: 'BuildFailed', message: 'www: the build failed' }],
  ])('that a crash cut off is completed by the server that settles it', async (outcome, verdict) => {
    const { facts } = begin();
    await server.recorder.written(path);
    server = startServer();
    server.bus.emit({ kind: 'deployFinished', deploy: facts, outcome });
    await server.recorder.flush();
    expect(await recordOf()).toMatchObject({ verdict });
  });

  it('whose last lines a crash cut off is read up to them', async () => {
    const { output } = begin();
    output.stage('first');
    output.stage('second');
    const kept = join(path, 'gitkube-deploys/1-d1/output.0');
    await expect.poll(() => readFile(kept, 'utf8').catch(() => '')).toContain('second');
    await truncate(kept, (await readFile(kept)).length - 4);
    await appendFile(join(path, 'gitkube-deploys/1-d1/facts'), '\n{"kind":"end","verd');
    server = startServer();
    expect(await outputOf()).toEqual(['first']);
    expect(await recordOf()).toMatchObject({ verdict: { result: 'interrupted' } });
  });

  it('is missing when a crash left only its folder', async () => {
    begin();
    await server.recorder.written(path);
    await writeFile(join(await folderOf(), 'facts'), '{"kind":"beg');
    server = startServer();
    expect(await server.records.all({ folder: path })).toEqual([]);
    expect(await server.records.find({ folder: path }, undefined)).toBeUndefined();
  });

  it('holds no character that a terminal obeys, and no line that was forged', async () => {
    const { output, end } = begin();
    output.say('a\u001b[2Jb\r\n{"n":9,"ms":0,"kind":"error","text":"forged"}\u202e');
    end(released);
    expect(await outputOf()).toEqual(['  ab\ufffd\ufffd{"n":9,"ms":0,"kind":"error","text":"forged"}\ufffd']);
  });

  it('has nothing of the time after its end', async () => {
    const { output, end, phases } = begin();
    end(released);
    output.stage('late');
    phases.begin('build');
    expect(await outputOf()).toEqual([]);
    expect((await recordOf())?.phases.map(({ phase }) => phase)).toEqual(['receive', 'check']);
  });
});

describe('of a repository', () => {
  it('the newest record comes first, whatever somebody does to the clock', async () => {
    for (const id of ['d1', 'd2', 'd3']) {
      begin(id).end({ kind: 'unchanged' });
      await server.recorder.flush();
      clock.setWall(-86_400_000);
    }
    expect((await server.records.all({ folder: path })).map(({ id }) => id)).toEqual(['d3', 'd2', 'd1']);
    expect((await server.records.find({ folder: path }, undefined))?.id).toBe('d3');
  });

  it('records of deploys that are asked for at once have numbers of their own, in the order of the deploys', async () => {
    const ids = Array.from({ length: 20 }, (_, n) => `d${n}`);
    for (const id of ids) begin(id);
    for (const id of ids) server.bus.emit({ kind: 'deployEnded', id, ...nothing });
    await server.recorder.flush();
    const names = await readdir(join(path, 'gitkube-deploys'));
    expect(names.toSorted()).toEqual(ids.map((id, n) => `${n + 1}-${id}`).toSorted());
  });

  it('the oldest records go, and one that is under way stays', async () => {
    begin('long');
    for (let number = 1; number <= 110; number++) {
      begin(`d${number}`).end({ kind: 'unchanged' });
      await server.recorder.flush();
    }
    const ids = (await server.records.all({ folder: path })).map(({ id }) => id);
    expect(ids).toHaveLength(101);
    expect(ids.slice(-2)).toEqual(['d11', 'long']);
  });
});

it('a build that prints without end is kept with its beginning and its end, in memory and on the disk', async () => {
  const { output, end } = begin();
  const line = 'x'.repeat(1000);
  for (let n = 0; n < 20_000; n++) {
    output.say(`${n} ${line}`);
    // As output comes: in pieces, between which the disk has its turn.
    if (n % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
  }
  output.stage('the end');
  end(released);
  const lines = await outputOf();
  expect(lines[0]).toBe(`  0 ${line}`);
  expect(lines.at(-1)).toBe('the end');
  expect(lines.filter((one) => one.endsWith('left out')).length).toBeGreaterThan(0);
  const leftOut = lines
    .flatMap((one) => / ?(\d+) left out/.exec(one)?.[1] ?? [])
    .reduce((sum, n) => sum + Number(n), 0);
  expect(lines.filter((one) => !one.endsWith('left out')).length + leftOut).toBe(20_001);
  const folder = await folderOf();
  const sizes = await Promise.all(
    (await readdir(folder)).map(async (name) => (await readFile(join(folder, name))).length),
  );
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(800_000);
});

describe('a follower', () => {
  it('reads from the beginning, and what comes until the end', async () => {
    const { output, end } = begin();
    output.stage('one');
    const read: string[] = [];
    const follow = (async () => {
      const deploy = await server.records.find({ folder: path }, 'd1');
      for await (const pieces of deploy?.output(new AbortController().signal) ?? [])
        for (const piece of pieces) if (!('leftOut' in piece)) read.push(piece.text);
    })();
    await expect.poll(() => read).toEqual(['one']);
    output.stage('two');
    await expect.poll(() => read).toEqual(['one', 'two']);
    output.stage('three');
    end(released);
    await follow;
    expect(read).toEqual(['one', 'two', 'three']);
  });

  it('that stops reading does not delay the deploy, and reads on where the output is still there', async () => {
    const { output, end } = begin();
    output.stage('first');
    const deploy = await server.records.find({ folder: path }, 'd1');
    const pieces = deploy?.output(new AbortController().signal);
    expect((await pieces?.next())?.value).toMatchObject([{ text: 'first' }]);
    for (let n = 0; n < 2000; n++) {
      output.say(`${n} ${'x'.repeat(1000)}`);
      if (n % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
    }
    end(released);
    await server.recorder.flush();
    const rest: unknown[] = [];
    for await (const some of pieces ?? []) rest.push(...some);
    expect(rest.at(-1)).toMatchObject({ n: 2001 });
    expect(rest.some((piece) => 'leftOut' in (piece as object))).toBe(true);
  });

  it('that leaves is forgotten', async () => {
    begin();
    const left = new AbortController();
    const deploy = await server.records.find({ folder: path }, 'd1');
    const next = deploy?.output(left.signal).next();
    left.abort(new Error('left'));
    await expect(next).rejects.toThrow('left');
  });
});

it('a disk that is full costs lines, and neither the deploy nor what became of it', async () => {
  await using disk = await FullDisk.mount();
  await rm(path, { recursive: true });
  path = disk.folder;
  const { output, end } = begin();
  output.stage('while there was room');
  await server.recorder.written(path);
  await disk.fill();
  for (let n = 0; n < 20; n++) output.say('x'.repeat(1000));
  end(released);
  await server.recorder.flush();
  await disk.free();
  expect(await recordOf()).toMatchObject({ verdict: { result: 'released', release: 7 } });
  const lines = await outputOf();
  expect(lines.at(-1)).toMatch(/^\d+ left out$/);
});

it('an end that cannot be written is known to the server all the same', async () => {
  const { end } = begin();
  await server.recorder.written(path);
  const facts = join(await folderOf(), 'facts');
  await expect.poll(() => readFile(facts, 'utf8')).toContain('"kind":"commit"');
  await rm(facts);
  await mkdir(facts);
  end(released);
  await server.recorder.flush();
  expect(await recordOf()).toMatchObject({ verdict: { result: 'released', release: 7 } });
  expect(await server.records.all({ folder: path })).toHaveLength(1);
});

it('a record that could not be begun on a full disk is followed to the end of its deploy, with what became of that', async () => {
  await using disk = await FullDisk.mount();
  await rm(path, { recursive: true });
  path = disk.folder;
  await disk.fill();
  const { output, phases, end } = begin();
  output.stage('one');
  await server.recorder.written(path);
  phases.begin('build');
  output.stage('two');
  expect(await recordOf()).toMatchObject({ verdict: { result: 'running', phase: 'build' } });
  const read = outputOf();
  end(failed);
  expect(await read).toEqual(['2 left out']);
  expect(await recordOf()).toMatchObject({ verdict: { result: 'failed' } });
});

it('a folder that cannot be written costs the record, and neither the deploy nor its reader', async () => {
  await writeFile(join(path, 'gitkube-deploys'), 'a file where the folder belongs');
  const { output, end } = begin();
  output.stage('one');
  end(released);
  await server.recorder.flush();
  expect(await server.records.all({ folder: path })).toEqual([]);
});
