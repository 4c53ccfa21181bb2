/** The live view of the Remotes, their status and their Events, against a real API server. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import { createKube } from '../../kube/index.ts';
import { EventRecorder, Remotes, StatusWriter } from '../../remote-crd/index.ts';
import { eventually } from '../support/eventually.ts';
import { mustKubectl, TestNamespace } from '../support/kubectl.ts';
import { rig } from '../support/rig.ts';
import { sshKeys } from '../support/ssh-keys.ts';

const soon = { timeout: 60_000, interval: 10 };
const ana = sshKeys.ed25519;
const release = {
  number: 1,
  commit: 'a'.repeat(40),
  by: 'ana@home',
  at: '2026-05-01T11:00:00.000Z',
  images: [{ name: 'www/web', image: `docker.io/user/x@sha256:${'0'.repeat(64)}` }],
  durationSeconds: 12.34,
};

let namespace: TestNamespace;
let remotes: Remotes;
let status: StatusWriter;
let events: EventRecorder;

beforeEach(async () => {
  // The parts of a server that are here write its status, and no server does.
  namespace = await TestNamespace.create('live', { name: 'nobody' });
  const kube = createKube({ kubeconfig: rig().kubeconfig, log: silentLogger, clock: systemClock });
  const parts = { kube, log: silentLogger, clock: systemClock };
  remotes = new Remotes({ ...parts, namespaces: [namespace.name] });
  events = new EventRecorder(parts);
  const remoteUrl = (remote: { namespace: string; name: string }) => ({
    url: `ssh://git@gitkube.example:2222/${remote.namespace}/${remote.name}`,
    description: '',
  });
  status = new StatusWriter({ ...parts, remotes, remoteUrl, hasDefaultRegistry: false });
  const signal = new AbortController().signal;
  await remotes.start(signal);
  status.start(signal);
});

afterEach(async () => {
  await status?.[Symbol.asyncDispose]();
  await remotes?.[Symbol.asyncDispose]();
  await namespace?.[Symbol.asyncDispose]();
});

function remote(spec: object) {
  return {
    apiVersion: 'gitkube.sh/v1alpha1',
    kind: 'Remote',
    metadata: { name: 'www', namespace: namespace.name },
    spec: {
      registry: { url: 'docker.io/user' },
      deployments: [{ name: 'www', containers: [{ name: 'web' }] }],
      ...spec,
    },
  };
}

const withKey = { authorizedKeys: [`${ana.type} ${ana.base64} ana@home`] };

function get(...args: string[]): Promise<string> {
  return mustKubectl(['get', '-n', namespace.name, 'remote', 'www', ...args]);
}

describe('live Remotes', () => {
  it('take a new key soon after kubectl apply, and refuse it soon after it is removed', async () => {
    const mayPush = () => remotes.byFingerprint(ana.fingerprint).some((one) => one.namespace === namespace.name);
    await mustKubectl(['apply', '-f', '-'], remote(withKey));
    await eventually(async () => mayPush());
    await mustKubectl(['apply', '-f', '-'], remote({ authorizedKeys: [] }));
    await eventually(async () => !mayPush());
    await mustKubectl(['apply', '-f', '-'], remote(withKey));
    await mustKubectl(['delete', '-n', namespace.name, 'remote', 'www']);
    await eventually(async () => !mayPush());
  });

  it('have a status that follows the spec and the server', async () => {
    await mustKubectl(['apply', '-f', '-'], remote({}));
    const wait = ['wait', '-n', namespace.name, 'remote/www', '--timeout=120s'];
    await mustKubectl([...wait, '--for=condition=Stalled']);
    expect(await get('-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].reason}')).toBe('NoUsableKey');
    await mustKubectl(['apply', '-f', '-'], remote(withKey));
    await mustKubectl([...wait, '--for=condition=Ready']);
    await mustKubectl([...wait, '--for=jsonpath={.status.observedGeneration}=2']);
    expect(await get('-o', 'jsonpath={.status.conditions[*].type}')).toBe('Ready');

    const id = `${namespace.name}/www`;
    status.setPushing(id, { id: 'p1', commit: release.commit, by: 'ana@home' });
    await mustKubectl([...wait, '--for=condition=Reconciling']);
    status.setReleases(id, { branch: 'main', releases: [release] });
    status.setOutcome(id, {
      id: 'p1',
      commit: release.commit,
      result: 'Succeeded',
      reason: 'Released',
      message: 'releases/1 runs',
    });
    await mustKubectl([...wait, '--for=jsonpath={.status.lastPush.reason}=Released']);
    const row = (await get('--no-headers', '-o', 'wide')).split(/\s+/);
    expect(row.slice(0, 6)).toEqual(['www', 'True', 'main', '1', 'Released', `ssh://git@gitkube.example:2222/${id}`]);
    expect(row[7]).toBe('Released');
    const written = JSON.parse(await get('-o', 'json')).status;
    expect(written.releases).toEqual([release]);
    expect(written.keys).toEqual([{ type: ana.type, fingerprint: ana.fingerprint, comment: 'ana@home' }]);
  });

  it('are not written by a server that starts again and finds the status as it should be', async () => {
    await mustKubectl(['apply', '-f', '-'], remote(withKey));
    await mustKubectl(['wait', '-n', namespace.name, 'remote/www', '--for=condition=Ready', '--timeout=120s']);
    await status.flush();
    const version = await get('-o', 'jsonpath={.metadata.resourceVersion}');
    const kube = createKube({ kubeconfig: rig().kubeconfig, log: silentLogger, clock: systemClock });
    const remoteUrl = () => ({ url: `ssh://git@gitkube.example:2222/${namespace.name}/www`, description: '' });
    await using next = new StatusWriter({
      kube,
      remotes,
      clock: systemClock,
      log: silentLogger,
      remoteUrl,
      hasDefaultRegistry: false,
    });
    // The other writer would see a change made by this one, and the other way round.
    await status[Symbol.asyncDispose]();
    await vi.waitFor(() => expect(remotes.entry(`${namespace.name}/www`)?.resourceVersion).toBe(version), soon);
    next.start(new AbortController().signal);
    await next.flush();
    expect(await get('-o', 'jsonpath={.metadata.resourceVersion}')).toBe(version);
  });

  it('have Events in kubectl describe, repeats counted', async () => {
    await mustKubectl(['apply', '-f', '-'], remote(withKey));
    await vi.waitFor(() => expect(remotes.get(`${namespace.name}/www`)).toBeDefined(), soon);
    const subject = remotes.get(`${namespace.name}/www`) as { namespace: string; name: string; uid: string };
    for (let i = 0; i < 3; i++)
      events.record(subject, { reason: 'BuildFailed', message: 'the build of www/web failed' });
    events.record(subject, { reason: 'Released', message: 'releases/1 runs' });
    await events.flush();
    const described = await mustKubectl(['describe', '-n', namespace.name, 'remote', 'www']);
    expect(described).toMatch(/Warning\s+BuildFailed\s+.*x3 over .*\s+gitkube\s+the build of www\/web failed/);
    expect(described).toMatch(/Normal\s+Released\s+.*gitkube\s+releases\/1 runs/);
  });
});
