import { describe, expect, it, vi } from 'vitest';
import { CommonEnd, onItsOwn } from '../../base/common-end.ts';
import { silentLogger } from '../../base/log.ts';
import { defaultSettleMs } from '../../base/settle.ts';
import type { AnyObject, Collection, Kube, KubeObject, WatchHandler } from '../../kube/kube.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { AppliedObject } from '../apply/apply.ts';
import { awaitObjects } from './await-objects.ts';

const job = (status: object): AnyObject => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: {
    name: 'migrate',
    namespace: 'shop',
    uid: 'one',
    resourceVersion: JSON.stringify(status).length.toString(),
  },
  spec: {},
  status,
});
const running = job({ startTime: '2026-01-01T00:00:00Z', active: 1 });
const ended = (type: string) => job({ conditions: [{ type, status: 'True', reason: 'Because' }] });

const pod = (phase: string): AnyObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'once', namespace: 'shop', uid: 'p', resourceVersion: phase },
  status: { phase, conditions: [{ type: 'Ready', status: phase === 'Running' ? 'True' : 'False' }] },
});

/** An API server that watches as a test says. */
class Cluster {
  readonly clock = new ManualClock();
  readonly lines: string[] = [];
  readonly watched: Collection[] = [];
  handler: WatchHandler<KubeObject> | undefined;
  podHandler: WatchHandler<KubeObject> | undefined;
  readonly pods = new Map<string, object>();
  live: AnyObject = running;
  readonly kube: Partial<Kube> = {
    collectionPath: async () => '/apis/batch/v1/namespaces/shop/jobs',
    getObject: async () => this.live,
    listPods: async () => [],
    listEvents: async () => [],
    watch: ((collection: Collection, handler: WatchHandler<KubeObject>) => {
      if (collection.path.endsWith('/pods')) {
        this.podHandler = handler;
        return { objects: this.pods, [Symbol.asyncDispose]: async () => {} };
      }
      this.watched.push(collection);
      this.handler = handler;
      return { synced: new Promise(() => {}), [Symbol.asyncDispose]: async () => {} };
    }) as unknown as Kube['watch'],
  };

  wait(objects: readonly AnyObject[], timeoutSeconds = 10, party = onItsOwn()) {
    const applied = objects.map(
      (after): AppliedObject => ({
        ref: { apiVersion: after.apiVersion, kind: after.kind, name: after.metadata.name, namespace: 'shop' },
        did: 'change',
        specChanged: true,
        after,
      }),
    );
    return awaitObjects({ kube: this.kube as Kube, clock: this.clock, log: silentLogger }, applied, {
      as: 'system:serviceaccount:shop:gitkube-deployer',
      remote: { namespace: 'shop', name: 'app' },
      timeoutSeconds,
      party,
      signal: new AbortController().signal,
      say: (line) => this.lines.push(line),
      unready: async () => ['Deployment/www is not ready either: waiting for its pods'],
    });
  }

  /** Until the wait has opened its watch. */
  async opened(): Promise<WatchHandler<KubeObject>> {
    while (!this.handler) await new Promise((resolve) => setImmediate(resolve));
    return this.handler;
  }
}

describe('waiting for what was applied', () => {
  it('watches the objects of this Remote as the account, and ends with the Job', async () => {
    const cluster = new Cluster();
    const waiting = cluster.wait([running]);
    (await cluster.opened()).upsert(ended('Complete') as KubeObject);
    expect(await waiting).toEqual([]);
    expect(cluster.watched).toEqual([
      {
        path: '/apis/batch/v1/namespaces/shop/jobs',
        labelSelector: 'gitkube.sh/remote=app',
        as: 'system:serviceaccount:shop:gitkube-deployer',
      },
    ]);
    expect(cluster.lines[0]).toBe('Job/migrate: waiting for it to complete, 1 pod active');
    expect(cluster.lines[1]).toMatch(/^Job\/migrate: complete after /);
  });

  it('says that it does not wait for a suspended Job', async () => {
    const cluster = new Cluster();
    const made = { ...job({}), spec: { suspend: true } };
    const waiting = cluster.wait([made]);
    const suspended = { ...ended('Suspended'), spec: { suspend: true } };
    (await cluster.opened()).upsert(suspended as KubeObject);
    expect(await waiting).toEqual([]);
    expect(cluster.lines).toEqual([
      'Job/migrate: waiting for it to be suspended',
      'Job/migrate: suspended, not waited for',
    ]);
  });

  it('fails with the Job, and says what else is not ready', async () => {
    const cluster = new Cluster();
    const waiting = cluster.wait([running]);
    (await cluster.opened()).upsert(ended('Failed') as KubeObject);
    await expect(waiting).rejects.toMatchObject({
      reason: 'JobFailed',
      message: 'Job/migrate failed: Because',
      hint: ['fix it, commit if the code has to change, and push again'],
      evidence: ['Deployment/www is not ready either: waiting for its pods'],
    });
  });

  it('fails early for a pod that cannot start', async () => {
    const cluster = new Cluster();
    const waiting = cluster.wait([running], 300);
    await cluster.opened();
    const metadata = { name: 'migrate-1', ownerReferences: [{ uid: 'one' }] };
    const pull = { name: 'web', state: { waiting: { reason: 'ImagePullBackOff', message: 'no such host' } } };
    cluster.pods.set('shop/migrate-1', { metadata, status: { containerStatuses: [pull] } });
    cluster.podHandler?.upsert({});
    await vi.waitUntil(() => cluster.clock.delays.includes(20_000));
    cluster.clock.advance(20_000);
    await expect(waiting).rejects.toMatchObject({
      reason: 'JobFailed',
      message: 'Job/migrate failed: its pod cannot start',
    });
  });

  it('watches what works until everything else does: a pod that crashes before that fails the wait', async () => {
    const cluster = new Cluster();
    const end = new CommonEnd();
    const rollouts = end.join();
    const waiting = cluster.wait([pod('Running')], 10, end.join());
    waiting.catch(() => {});
    await cluster.opened();
    await vi.waitUntil(() => cluster.clock.delays.includes(defaultSettleMs));
    cluster.clock.advance(defaultSettleMs);
    await vi.waitUntil(() => cluster.clock.delays.includes(Number.POSITIVE_INFINITY));
    cluster.live = pod('Failed');
    (await cluster.opened()).upsert(cluster.live as KubeObject);
    await vi.waitUntil(() => cluster.clock.pending === 0);
    rollouts.holds(true);
    await expect(waiting).rejects.toMatchObject({
      reason: 'ObjectFailed',
      message: expect.stringMatching(/^Pod\/once has failed/),
    });
  });

  it('reads one by one what the account may not watch', async () => {
    const cluster = new Cluster();
    const waiting = cluster.wait([running]);
    cluster.live = ended('Complete');
    (await cluster.opened()).refused?.({} as never);
    expect(await waiting).toEqual([]);
  });

  it('goes on reading after the API server was away for long', async () => {
    const cluster = new Cluster();
    const waiting = cluster.wait([running], 300);
    let reads = 0;
    cluster.kube.getObject = async () => {
      if (reads++ === 0) throw new Error('it is gone for good');
      return ended('Complete');
    };
    (await cluster.opened()).refused?.({} as never);
    await vi.waitUntil(() => cluster.clock.delays.includes(250));
    cluster.clock.advance(250);
    expect(await waiting).toEqual([]);
  });

  it('opens no watch for an object that works already or has no status', async () => {
    const cluster = new Cluster();
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'one' } };
    expect(await cluster.wait([ended('Complete'), role])).toEqual([]);
    expect(cluster.watched).toEqual([]);
  });

  it('counts a custom object without a status as working after a while, also at the end of the time', async () => {
    const cluster = new Cluster();
    const widget = {
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name: 'one', namespace: 'shop', uid: 'w' },
    };
    const waiting = cluster.wait([widget], 1);
    await cluster.opened();
    await vi.waitUntil(() => cluster.clock.pending > 0);
    expect(cluster.clock.delays.at(-1)).toBe(defaultSettleMs);
    cluster.clock.advance(defaultSettleMs);
    expect(await waiting).toMatchObject([{ kind: 'Widget', name: 'one' }]);
    expect(cluster.lines).toEqual([]);
  });

  it('fails when its time is over', async () => {
    const cluster = new Cluster();
    const waiting = cluster.wait([running], 0);
    await expect(waiting).rejects.toMatchObject({
      reason: 'RolloutTimeout',
      message: 'Job/migrate: not ready within 0 s: waiting for it to complete, 1 pod active',
    });
  });
});
