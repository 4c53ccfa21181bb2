import { describe, expect, it } from 'vitest';
import { GitkubeError } from '../base/errors.ts';
import { refusedKeys, sshKeys } from '../test/support/ssh-keys.ts';
import { parseRemote } from './parse.ts';
import { environmentsOf, type RemoteEntry } from './remote-entry.ts';
import { computeStatus, type StatusInput } from './status.ts';
import type { StatusFacts } from './status-facts.ts';
import { remoteStatus } from './status-schema.ts';

const key = `ssh-ed25519 ${sshKeys.ed25519.base64} ana@home`;
const deployments = [{ name: 'www', containers: [{ name: 'web' }] }];
const usable = { authorizedKeys: [key], registry: { url: 'docker.io/user' }, deployments };
const noon = Date.UTC(2026, 4, 1, 12);
const release = { number: 7, commit: 'a'.repeat(40), by: 'ana@home', at: '2026-05-01T11:00:00Z' };
const push = { id: 'p1', commit: 'b'.repeat(40), by: 'ana@home', at: '2026-05-01T11:30:00Z' };
const failure = { ...push, result: 'Failed', reason: 'BuildFailed', message: 'the build of www/web failed' } as const;

function entryOf(spec: object): RemoteEntry {
  const known = { id: 'default/www', namespace: 'default', name: 'www', uid: 'u', generation: 4, status: undefined };
  const held = { environment: '', resourceVersion: '1', finalizers: [], deleting: false };
  const metadata = { namespace: 'default', name: 'www', uid: 'u', generation: 4 };
  return { ...known, ...held, remote: parseRemote({ metadata, spec }), error: undefined };
}

function compute(input: Partial<StatusInput> & { spec?: object } = {}) {
  const status = computeStatus({
    entry: entryOf(input.spec ?? usable),
    previous: undefined,
    facts: {},
    remoteUrl: { url: 'ssh://git@host/default/www', description: '' },
    hasDefaultRegistry: false,
    now: noon,
    ...input,
  });
  expect(remoteStatus.parse(status)).toEqual(status);
  return status;
}

function condition(type: string, ...input: Parameters<typeof compute>) {
  return compute(...input).conditions?.find((one) => one.type === type);
}

describe('the condition Ready', () => {
  const cases: [string, Partial<StatusInput> & { spec?: object }, string, string, RegExp][] = [
    ['before the first push', {}, 'True', 'AwaitingFirstPush', /^nothing was released yet$/],
    [
      'after a first push that failed',
      { facts: { lastPush: failure } },
      'True',
      'AwaitingFirstPush',
      /; the last push failed: /,
    ],
    ['after a release', { facts: { releases: [release] } }, 'True', 'Released', /^releases\/7 \(aaaaaaa\) runs$/],
    [
      'when somebody else changed what runs',
      {
        facts: { releases: [release], inSync: { status: 'False', reason: 'Drifted', message: 'not as in releases/7' } },
      },
      'True',
      'Released',
      /^releases\/7 \(aaaaaaa\) was released last, and is not what runs$/,
    ],
    [
      'when a later push failed and the release still runs',
      { facts: { releases: [release], lastPush: failure } },
      'True',
      'Released',
      /^releases\/7 \(aaaaaaa\) runs; the last push failed: the build of www\/web failed$/,
    ],
    [
      'when workloads could not be restored',
      { facts: { releases: [release], lastPush: { ...failure, reason: 'RollbackFailed' } } },
      'False',
      'RollbackFailed',
      /./,
    ],
    ['without a registry', { spec: { ...usable, registry: null } }, 'False', 'RegistryMissing', /spec\.registry\.url/],
    [
      'without a registry, and with manifests alone, which need none',
      { spec: { ...usable, registry: null, deployments: [], manifests: { path: 'k8s' } } },
      'True',
      'AwaitingFirstPush',
      /^nothing was released yet$/,
    ],
    [
      'with the registry of the server',
      { spec: { ...usable, registry: null }, hasDefaultRegistry: true },
      'True',
      'AwaitingFirstPush',
      /./,
    ],
    [
      'without a key, but with a ServiceAccount that it trusts',
      {
        spec: {
          ...usable,
          authorizedKeys: [],
          trust: [{ name: 'ci', serviceAccount: 'ci/deployer', may: ['deploy'] }],
        },
      },
      'True',
      'AwaitingFirstPush',
      /./,
    ],
    [
      'without a key',
      { spec: { ...usable, authorizedKeys: [] } },
      'False',
      'NoUsableKey',
      /spec\.authorizedKeys is empty/,
    ],
    [
      'without a usable key',
      { spec: { ...usable, authorizedKeys: [refusedKeys.rsa1024] } },
      'False',
      'NoUsableKey',
      /entry 1 \(ssh-rsa, \d+ characters\) of spec\.authorizedKeys: an RSA key needs 2048 bits/,
    ],
    ['without deployments', { spec: { ...usable, deployments: [] } }, 'False', 'RemoteInvalid', /nothing to deploy/],
    [
      'of an invalid Remote that had releases',
      {
        entry: { ...entryOf(usable), remote: undefined, error: new GitkubeError('RemoteInvalid', 'spec.branch is 7') },
        previous: { releases: [release], release: 7 },
      },
      'False',
      'RemoteInvalid',
      /^spec\.branch is 7$/,
    ],
  ];

  it.each(cases)('%s', (_when, input, status, reason, message) => {
    const ready = condition('Ready', input);
    expect(ready).toMatchObject({ status, reason, observedGeneration: 4 });
    expect(ready?.message).toMatch(message);
  });

  it('is accompanied by Stalled when somebody has to change the Remote', () => {
    expect(condition('Stalled', { spec: { ...usable, registry: null } })).toMatchObject({ reason: 'RegistryMissing' });
    expect(condition('Stalled')).toBeUndefined();
  });

  it('keeps its time until its status changes, whatever its message says', () => {
    const earlier = compute({ now: noon - 3_600_000 });
    const later = compute({ previous: earlier, facts: { releases: [release] } });
    expect(later.conditions?.[0]).toMatchObject({ reason: 'Released', lastTransitionTime: '2026-05-01T11:00:00Z' });
    const broken = compute({ previous: later, spec: { ...usable, authorizedKeys: [] } });
    expect(broken.conditions?.[0]).toMatchObject({ status: 'False', lastTransitionTime: '2026-05-01T12:00:00Z' });
  });
});

describe('the other conditions', () => {
  it('have Reconciling while a push is under way', () => {
    const facts: StatusFacts = { pushing: { id: 'p2', commit: 'c'.repeat(40), by: 'ben' } };
    expect(condition('Reconciling', { facts })).toMatchObject({
      reason: 'Pushing',
      message: 'push p2 of ccccccc by ben',
    });
    expect(condition('Reconciling')).toBeUndefined();
  });

  it('have Warning name what has no effect, and Ready stays True', () => {
    const spec = {
      ...usable,
      authorizedKeys: [key, refusedKeys.dsa],
      manifests: { path: '', helm: { release: 'www' } },
    };
    const warning = condition('Warning', { spec });
    expect(warning).toMatchObject({ status: 'True', reason: 'PartlyIgnored' });
    expect(warning?.message).toMatch(
      /^spec\.manifests\.helm has no effect .*; entry \d \(ssh-dss, \d+ characters\) of .*: DSA keys are too weak/,
    );
    expect(condition('Ready', { spec })).toMatchObject({ status: 'True' });
  });
});

describe('the rest of the status', () => {
  it('keeps after a restart what only the server knew', () => {
    const before = compute({ facts: { branch: 'main', releases: [release], lastPush: failure } });
    expect(compute({ previous: before })).toEqual(before);
  });

  it('has the URL over HTTPS where there is one', () => {
    const remoteUrl = { url: '', description: 'none yet', httpsUrl: 'https://git.example.com/default/www' };
    expect(compute({ remoteUrl })).toMatchObject({ remoteUrl: '', httpsUrl: 'https://git.example.com/default/www' });
    expect(compute({ previous: compute({ remoteUrl }) })).not.toHaveProperty('httpsUrl');
  });

  it('ignores what the server did not write', () => {
    const previous = {
      remoteUrl: 5,
      conditions: 'x',
      releases: [{ number: 'one' }],
      lastPush: [],
      branch: {},
      other: 1,
    };
    expect(compute({ previous })).toEqual(compute());
    expect(compute({ previous: 'x' })).toEqual(compute());
  });

  it('lists keys by fingerprint and never whole', () => {
    const status = compute({ spec: { ...usable, authorizedKeys: [key, 'nonsense'] } });
    expect(status.keys).toEqual([
      { type: 'ssh-ed25519', fingerprint: sshKeys.ed25519.fingerprint, comment: 'ana@home' },
      { line: 'entry 2 (8 characters)', problem: expect.stringMatching(/not a public key/) },
    ]);
    expect(JSON.stringify(status)).not.toContain(sshKeys.ed25519.base64);
  });

  it('has the last use of tokens that there are, over restarts, the latest first', () => {
    const use = (id: string, day: string) => ({ id, lastUsed: `2026-05-${day}` });
    const previous = compute({ facts: { tokens: [use('b', '02'), use('a', '01'), use('gone', '03')] } });
    expect(previous.tokens).toEqual([use('gone', '03'), use('b', '02'), use('a', '01')]);
    expect(compute({ previous }).tokens).toEqual(previous.tokens);
    const facts = { tokens: [use('a', '04')], keptTokens: ['a', 'b'] };
    expect(compute({ previous, facts }).tokens).toEqual([use('a', '04'), use('b', '02')]);
    const many = Array.from({ length: 101 }, (_, index) => use(`t${index}`, index === 0 ? '01' : '02'));
    expect(compute({ facts: { tokens: many } }).tokens).toHaveLength(100);
    expect(compute({ facts: { tokens: many } }).tokens).not.toContainEqual(many[0]);
  });

  it('stays small', () => {
    const releases = Array.from({ length: 40 }, (_, index) => ({ ...release, number: 40 - index }));
    const authorizedKeys = [key, ...Array.from({ length: 300 }, (_, index) => `bad ${index}`)];
    const status = compute({ spec: { ...usable, authorizedKeys }, facts: { releases } });
    expect(status.releases?.map(({ number }) => number)).toEqual([40, 39, 38, 37, 36, 35, 34, 33, 32, 31]);
    expect(status.keys).toHaveLength(51);
    expect(status.release).toBe(40);
  });

  it('prefers the branch of the spec', () => {
    expect(compute({ spec: { ...usable, branch: 'prod' }, facts: { branch: 'main' } }).branch).toBe('prod');
    expect(compute({ facts: { branch: 'main' } }).branch).toBe('main');
    expect(compute()).not.toHaveProperty('branch');
  });
});

describe('the condition Watched', () => {
  const held = { status: 'True', reason: 'Held', message: 'the pods of releases/7 ran' } as const;

  it('is what the watch has come to, after a restart that of the status, and absent when what runs is not watched', () => {
    expect(condition('Watched')).toBeUndefined();
    const watched = compute({ facts: { watched: held } });
    expect(condition('Watched', { previous: watched })).toMatchObject(held);
    expect(condition('Watched', { previous: watched, facts: { watched: 'unreported' } })).toBeUndefined();
  });
});

describe('the condition DatabaseAhead', () => {
  const left = { status: 'True', reason: 'NotUndone', message: 'task schema has run' } as const;

  it('is what a migration has left, after a restart, too, and absent once a release was made', () => {
    expect(condition('DatabaseAhead')).toBeUndefined();
    const ahead = compute({ facts: { databaseAhead: left } });
    expect(condition('DatabaseAhead', { previous: ahead })).toMatchObject(left);
    expect(condition('DatabaseAhead', { previous: ahead, facts: { databaseAhead: 'unreported' } })).toBeUndefined();
  });
});

describe('tasks', () => {
  it('have the message of their state, and of none before', () => {
    const of = { name: 'schema', stage: 'Migrate', push: 'p1', commit: 'b' } as const;
    const tasks = [
      { ...of, state: 'Failed', message: 'its Job is gone', seconds: 2 },
      { ...of, state: 'Undone' },
    ] as const;
    const spec = { ...usable, tasks: [{ name: 'schema', stage: 'Migrate', command: ['true'] }] };
    expect(compute({ spec, facts: { tasks } }).tasks).toEqual([{ ...of, state: 'Undone', seconds: 2 }]);
  });

  const spec = { ...usable, tasks: [{ name: 'unit', stage: 'Test', command: ['true'] }] };
  const unit = { name: 'unit', stage: 'Test', push: 'p1', commit: 'b' } as const;
  const schema = { name: 'schema', stage: 'Migrate', push: 'p1', commit: 'b' } as const;
  const running = compute({ spec, facts: { tasks: [{ ...unit, state: 'Running' }] } });

  it('are those of the last deploy that had any, in the order in which they were started', () => {
    expect(running.tasks).toEqual([{ ...unit, state: 'Running' }]);
    const tasks = [
      { ...unit, state: 'Succeeded' },
      { ...schema, state: 'Running' },
    ] as const;
    expect(compute({ spec, previous: running, facts: { tasks } }).tasks).toEqual(tasks);
    const later = [{ ...schema, push: 'p2', state: 'Skipped' }] as const;
    expect(compute({ spec, previous: running, facts: { tasks: later } }).tasks).toEqual(later);
    expect(compute({ previous: running })).not.toHaveProperty('tasks');
  });

  it('keep what was known of a migration when it is undone', () => {
    const done = compute({ spec, facts: { tasks: [{ ...schema, state: 'Succeeded', seconds: 2, exitCode: 0 }] } });
    const tasks = [{ ...schema, state: 'Undone', message: 'undo of task schema succeeded' }] as const;
    const undone = { ...schema, state: 'Undone', seconds: 2, exitCode: 0, message: 'undo of task schema succeeded' };
    expect(compute({ spec, previous: done, facts: { tasks } }).tasks).toEqual([undone]);
  });

  it('do not run any more when their deploy has ended, but a migration that the next server waits for', () => {
    const ended = compute({ spec, previous: running, facts: { lastPush: failure } });
    expect(ended.tasks).toMatchObject([{ state: 'Failed', message: 'its deploy has ended before it' }]);
    const tasks = [{ ...schema, state: 'Running' }] as const;
    const lastPush = { ...failure, reason: 'RestoreUnfinished' };
    expect(compute({ spec, facts: { tasks, lastPush } }).tasks).toEqual(tasks);
  });
});

describe('the condition InSync', () => {
  const drift = { status: 'False', reason: 'Drifted', message: 'www/web wants a, runs b' } as const;

  it('is absent before the first comparison', () => {
    expect(condition('InSync')).toBeUndefined();
  });

  it('is the last finding, after a restart that of the status, and absent when drift is not checked', () => {
    const drifted = compute({ facts: { inSync: drift } });
    expect(drifted.conditions).toContainEqual(expect.objectContaining({ type: 'InSync', ...drift }));
    expect(condition('InSync', { previous: drifted })).toMatchObject(drift);
    expect(condition('InSync', { previous: drifted, facts: { inSync: 'unreported' } })).toBeUndefined();
  });
});

describe('the status of a Remote with environments', () => {
  const staging = {
    name: 'staging',
    branch: 'develop',
    deployments: [{ name: 'www-s', containers: [{ name: 'web' }] }],
  };

  function withEnvironments(spec: object, facts: StatusFacts = {}, previous?: unknown) {
    const entry = entryOf({ ...usable, ...spec });
    const environments = environmentsOf(entry).map((one) => ({ entry: one, facts }));
    return compute({ spec: { ...usable, ...spec }, environments, previous });
  }

  it('says of each what it says of the Remote itself, and keeps it after a restart', () => {
    const status = withEnvironments({ environments: [staging] }, { releases: [release], lastPush: failure });
    expect(status).not.toHaveProperty('release');
    const [one] = status.environments ?? [];
    expect(one).toMatchObject({ name: 'staging', branch: 'develop', release: 7, lastPush: failure });
    expect(one?.conditions).toEqual([
      expect.objectContaining({
        type: 'Ready',
        message: 'releases/staging/7 (aaaaaaa) runs; the last push failed: the build of www/web failed',
      }),
    ]);
    expect(withEnvironments({ environments: [staging] }, {}, status)).toEqual(status);
  });

  it('warns of what keeps one from deploying, and is ready all the same', () => {
    const status = withEnvironments({ environments: [{ ...staging, deployments: usable.deployments }] });
    expect(status.conditions).toEqual([
      expect.objectContaining({ type: 'Ready', status: 'True' }),
      expect.objectContaining({
        type: 'Warning',
        message: 'staging cannot deploy: spec.environments[0] names workload www, which is of www',
      }),
    ]);
    expect(status.environments?.[0]?.conditions?.[0]).toMatchObject({ type: 'Ready', status: 'False' });
  });

  it('is ready as all of them are, where the Remote deploys nothing else', () => {
    const only = { deployments: undefined, environments: [staging] };
    expect(withEnvironments(only).conditions).toEqual([
      expect.objectContaining({ status: 'True', reason: 'Environments', message: 'it deploys to staging' }),
    ]);
    const failed = { ...failure, reason: 'RollbackFailed', message: 'www-s could not be restored' } as const;
    expect(withEnvironments(only, { lastPush: failed }).conditions).toEqual([
      expect.objectContaining({ status: 'False', message: 'staging: www-s could not be restored' }),
    ]);
  });

  it('keeps what it said of them while the Remote is invalid', () => {
    const before = withEnvironments({ environments: [staging] }, { releases: [release] });
    const error = new GitkubeError('RemoteInvalid', 'spec.branch is 7');
    const entry = { ...entryOf(usable), remote: undefined, error };
    expect(compute({ entry, previous: before }).environments).toEqual(before.environments);
  });
});
