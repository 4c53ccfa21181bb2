import { describe, expect, it } from 'vitest';
import type { RemoteState } from '../gateways/remote-state.ts';
import type { KeptRelease } from '../releases/list-releases.ts';
import { typeCommand } from './testing/type-command.ts';

const state: RemoteState = {
  remote: 'ns/app',
  runs: {
    release: 8,
    branch: 'main',
    commit: 'c0ffee0123456789',
    at: '2026-01-02T03:04:05.678Z',
    by: 'ada\u001b[2J@laptop',
    how: 'rollback to releases/6',
  },
  lock: null,
  workloads: [
    { kind: 'Deployment', name: 'www', ready: 2, wanted: 3 },
    { kind: 'StatefulSet', name: 'db', error: 'the Kubernetes API does not answer' },
    { kind: 'CronJob', name: 'nightly' },
  ],
  drift: { status: 'False', reason: 'Drifted', message: 'not as in releases/8' },
  database: null,
  tasks: [],
  environments: [],
  underWay: [
    { id: 'd2', label: 'main 1234567 by bob', phase: 'queue', seconds: 2 },
    { id: 'd1', label: 'main 7654321 by ada', phase: 'build', seconds: 12.3 },
  ],
};
const kept: readonly KeptRelease[] = [
  { release: 8, commit: 'badbad0123456789', problem: 'its message is no YAML' },
  {
    release: 7,
    at: '2026-01-02T03:04:05.678Z',
    branch: 'main',
    commit: 'c0ffee0123456789',
    by: { name: 'ada\u001b[2J', fingerprint: 'SHA256:ada' },
    how: 'push',
    images: [{ name: 'www/app', image: 'r/www@sha256:1' }],
  },
];

/** Runs a command line of a key that may read one Remote. */
async function run(line: string, known: { state?: RemoteState; kept?: readonly KeptRelease[] } = {}) {
  const asked: unknown[] = [];
  const answerWith = (answer: unknown) => async (name: unknown) => {
    asked.push(name);
    return answer;
  };
  const deploys = { status: answerWith(known.state ?? state), releases: answerWith(known.kept ?? kept) };
  return { asked, ...(await typeCommand(line, { deploys })) };
}

const app = { namespace: 'ns', name: 'app' };

describe('status', () => {
  it('shows what runs, its pods, drift, and what is under way, without anything that a terminal obeys', async () => {
    const { asked, out, code } = await run('status ns/app');
    expect(out).toBe(
      [
        'Remote:     ns/app\n',
        'Runs:       releases/8, main c0ffee0 by ada@laptop, since 2026-01-02T03:04:05Z (rollback to releases/6)\n',
        'Pods:       www: 2 of 3 ready\n',
        '            StatefulSet db: the Kubernetes API does not answer\n',
        '            CronJob nightly: no pods of its own\n',
        'Drift:      Drifted, not as in releases/8\n',
        'Under way:  d1   main 7654321 by ada, build, for 12.3 s\n',
        'Waiting:    d2   main 1234567 by bob, for 2.0 s\n',
      ].join(''),
    );
    expect([asked, code]).toEqual([[app], 0]);
  });

  it('shows the task that runs, those that have failed, and what a migration has left behind', async () => {
    const of = { push: 'd1', commit: 'c0ffee0123456789', startedAt: '2026-01-02T03:04:05Z' };
    const tasks = [
      { ...of, name: 'lint', stage: 'Test', state: 'Succeeded', seconds: 1 },
      { ...of, name: 'unit', stage: 'Test', state: 'Failed', message: 'task unit failed with exit code 3' },
      { ...of, name: 'schema', stage: 'Migrate', state: 'Running' },
    ] as const;
    const database = { reason: 'NotUndone', message: 'the database may be ahead of the code' };
    const { out } = await run('status', { state: { ...state, tasks, database } });
    expect(out).toContain(
      [
        'Database:   the database may be ahead of the code',
        'Tasks:      task unit failed with exit code 3 (Test, deploy d1)',
        '            schema (Migrate) running since 2026-01-02T03:04:05Z, deploy d1',
        'Under way:',
      ].join('\n'),
    );
  });

  it('shows a lock with who, when and why', async () => {
    const at = '2026-01-02T03:04:05Z';
    const { out } = await run('status', { state: { ...state, lock: { reason: 'release freeze', by: 'ada', at } } });
    expect(out).toContain(`\nLocked:     by ada since ${at}: release freeze\n`);
    const byHand = await run('status', { state: { ...state, lock: { reason: 'release freeze' } } });
    expect(byHand.out).toContain('\nLocked:     release freeze\n');
  });

  it('says so where nothing was released, compared or begun', async () => {
    const none = {
      remote: 'ns/app',
      runs: null,
      lock: null,
      workloads: [],
      drift: null,
      database: null,
      tasks: [],
      underWay: [],
      environments: [],
    };
    const { out } = await run('status', { state: none });
    expect(out).toContain('Runs:       nothing was released yet\nDrift:      not compared yet\nUnder way:  nothing\n');
  });

  it('has its environments in a line each, and one of them its own names', async () => {
    const was = state.runs as NonNullable<RemoteState['runs']>;
    const runs = { ...was, release: 3, branch: 'develop' };
    const environments = [
      { remote: 'ns/app/staging', branch: 'develop', lock: { reason: 'demo' }, runs },
      { remote: 'ns/app/qa', branch: 'qa', lock: null, runs: null },
    ];
    const { out } = await run('status', { state: { ...state, environments } });
    expect(out).toMatch(/Others: {5}ns\/app\/staging: releases\/staging\/3, develop .*, locked: demo\n/);
    expect(out).toContain(`\n${' '.repeat(12)}ns/app/qa: nothing was released yet, branch qa deploys\n`);
    const own = await run('status', { state: { ...state, remote: 'ns/app/staging' } });
    expect(own.out).toContain('Runs:       releases/staging/');
  });

  it('names the release that nothing was compared with yet', async () => {
    const { out } = await run('status', { state: { ...state, drift: null } });
    expect(out).toContain('\nDrift:      not compared with releases/8 yet\n');
  });

  it('prints all that is known as JSON', async () => {
    expect(JSON.parse((await run('status --json')).out)).toEqual(state);
  });
});

describe('releases', () => {
  it('shows a line for each, newest first, also for one that cannot be read', async () => {
    const { asked, out, code } = await run('releases ns/app');
    expect(out).toBe(
      [
        'RELEASE   AT                     COMMIT    BY    HOW\n',
        '8         -                      badbad0   -     cannot be read: its message is no YAML\n',
        '7         2026-01-02T03:04:05Z   c0ffee0   ada   push\n',
      ].join(''),
    );
    expect([asked, code]).toEqual([[app], 0]);
  });

  it('says that there are none', async () => {
    expect((await run('releases', { kept: [] })).out).toBe('nothing was released yet\n');
  });

  it('prints all that is known as JSON', async () => {
    expect(JSON.parse((await run('releases --json')).out)).toEqual(kept);
  });
});

it.each(['status', 'releases'])('%s --json prints nothing that a terminal obeys', async (name) => {
  const by = 'ada\u009b2J\u202e';
  const runs = state.runs && { ...state.runs, by };
  const known = { state: { ...state, runs }, kept: [{ release: 7, commit: 'c0ffee', problem: by }] };
  const { out } = await run(`${name} --json`, known);
  expect(out).toContain('ada\ufffd2J\ufffd');
});

describe('a mistake after status or releases is named:', () => {
  it.each([
    ['status --jsn', 'status has no option --jsn'],
    ['status ns/app other', 'status takes no argument other'],
    ['status app', 'app is not <namespace>/<remote>[/<environment>]'],
    ['releases 7', '7 is not <namespace>/<remote>[/<environment>]'],
    ['releases --tail', 'releases has no option --tail'],
  ])('%s', async (line, message) => {
    const { asked, err, code } = await run(line);
    expect(err).toContain(`gitkube: ${message}\nhint: `);
    expect([asked, code]).toEqual([[], 2]);
  });

  it.each(['status', 'releases'])('%s --help prints the usage', async (name) => {
    const { asked, out, code } = await run(`${name} --help`);
    expect(out).toMatch(new RegExp(`\nUsage:   ${name} \\[<namespace>/<remote>\\]`));
    expect([asked, code]).toEqual([[], 0]);
  });
});
