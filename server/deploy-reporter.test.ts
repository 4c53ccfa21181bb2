import { describe, expect, it, vi } from 'vitest';
import { Bus } from '../base/bus.ts';
import { GitkubeError } from '../base/errors.ts';
import { silentLogger } from '../base/log.ts';
import type { EventRecorder, Remote, Remotes, StatusWriter } from '../remote-crd/index.ts';
import { DeployReporter } from './deploy-reporter.ts';
import type { DeployOutcome } from './deploys/events.ts';
import type { Release } from './git/release.ts';
import type { ServerEvent } from './server-event.ts';

const remote = { id: 'default/app', uid: 'u1', namespace: 'default', name: 'app' } as Remote;
const push = { id: 'p1', remote, branch: 'main', commit: 'abcdef0123', by: 'alice' };

function reported(outcome: DeployOutcome) {
  const status = { setOutcome: vi.fn() };
  const events = { record: vi.fn() };
  const remotes = { entry: () => remote } as unknown as Remotes;
  const bus = new Bus<ServerEvent>(silentLogger);
  new DeployReporter(status as unknown as StatusWriter, events as unknown as EventRecorder, remotes, true).subscribe(
    bus,
  );
  bus.emit({ kind: 'deployFinished', deploy: push, outcome });
  return { status: status.setOutcome.mock.calls[0]?.[1], event: events.record.mock.calls[0]?.[1] };
}

it.each([
  [
    'is what all workloads run',
    true,
    ['default/app', expect.objectContaining({ message: 'all workloads run releases/7' })],
  ],
  ['says nothing of them where nobody compares them later', false, undefined],
])('a release %s', (_, comparesDrift, inSync) => {
  const status = { setOutcome: vi.fn(), setReleases: vi.fn(), setInSync: vi.fn() };
  const bus = new Bus<ServerEvent>(silentLogger);
  const events = { record: vi.fn() } as unknown as EventRecorder;
  const remotes = { entry: () => remote } as unknown as Remotes;
  new DeployReporter(status as unknown as StatusWriter, events, remotes, comparesDrift).subscribe(bus);
  const release = { number: 7, commit: 'abcdef0123', record: { branch: 'main' } } as Release;
  bus.emit({ kind: 'deployFinished', deploy: push, outcome: { kind: 'released', release, releases: [] } });
  expect(status.setInSync.mock.calls[0]).toEqual(inSync);
});

it('a release that returned is a condition and an Event, of this Remote and of no other of its name', () => {
  const setWatched = vi.fn();
  const record = vi.fn();
  const bus = new Bus<ServerEvent>(silentLogger);
  const status = { setWatched } as unknown as StatusWriter;
  const events = { record } as unknown as EventRecorder;
  new DeployReporter(status, events, { entry: () => remote } as unknown as Remotes, true).subscribe(bus);
  const error = new GitkubeError('ContainerCrashed', 'exit code 3');
  const finding = { kind: 'returned', release: 2, to: 1, as: 3, error } as const;
  bus.emit({ kind: 'releaseWatched', remote: { ...remote, uid: 'other' }, finding });
  bus.emit({ kind: 'releaseWatched', remote, finding });
  expect(setWatched.mock.calls).toEqual([['default/app', expect.objectContaining({ reason: 'Returned' })]]);
  expect(record).toHaveBeenLastCalledWith(remote, expect.objectContaining({ reason: 'Returned' }));
});

describe('what status and Events say of a push', () => {
  it.each([
    [{ kind: 'checked' }, 'Checked', 'abcdef0 by alice is checked, not deployed'],
    [{ kind: 'built' }, 'Built', 'abcdef0 by alice is built, not deployed'],
    [{ kind: 'unchanged' }, 'Unchanged', 'abcdef0 by alice is already running'],
  ] as const)('that succeeded is a success: %j', (outcome, reason, message) => {
    const { status, event } = reported(outcome);
    expect(status).toMatchObject({ result: 'Succeeded', reason, message });
    expect(event).toEqual({ reason, message });
  });

  it('that failed is its reason', () => {
    const error = new GitkubeError('BuildFailed', 'exit code 42');
    const { status } = reported({ kind: 'failed', error });
    expect(status).toMatchObject({ result: 'Failed', reason: 'BuildFailed', message: 'exit code 42' });
  });
});
