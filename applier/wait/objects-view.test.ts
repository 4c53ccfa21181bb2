import { describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../base/log.ts';
import type { AnyObject, Kube, KubeObject, WatchHandler } from '../../kube/kube.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { ObjectsView } from './objects-view.ts';

const ref = { apiVersion: 'v1', kind: 'Pod', name: 'once', namespace: 'shop' };

function pod(uid: string, phase: string): AnyObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'once', namespace: 'shop', uid, resourceVersion: phase },
    status: { phase },
  };
}

/** A view of one pod, and its watch; the first list does not have it. */
async function setUp(live: AnyObject | undefined) {
  const cluster = { live };
  const synced = Promise.withResolvers<void>();
  let handler: WatchHandler<KubeObject> | undefined;
  const kube: Partial<Kube> = {
    collectionPath: async () => '/api/v1/namespaces/shop/pods',
    getObject: async () => cluster.live,
    watch: ((_: unknown, given: WatchHandler<KubeObject>) => {
      handler = given;
      return { synced: synced.promise, [Symbol.asyncDispose]: async () => {} };
    }) as unknown as Kube['watch'],
  };
  const clock = new ManualClock({ elapseUpToMs: 10_000 });
  const options = { as: 'me', remote: { namespace: 'shop', name: 'app' }, signal: new AbortController().signal };
  const view = new ObjectsView({ kube: kube as Kube, clock, log: silentLogger }, [ref], {
    ...options,
    onChange: () => {},
  });
  await vi.waitUntil(() => handler);
  return { view, cluster, handler, synced, [Symbol.asyncDispose]: () => view[Symbol.asyncDispose]() };
}

/** A view whose watch has just said that the pod is no longer among what it watches. */
async function removed(live: AnyObject | undefined) {
  const set = await setUp(live);
  set.handler?.remove(pod('one', 'Running') as KubeObject);
  await vi.waitUntil(() => set.view.seen(ref));
  return set;
}

describe('an object that a watch no longer lists', () => {
  it('is gone', async () => {
    await using deleted = await removed(undefined);
    expect(deleted.view.seen(ref)).toMatchObject({ gone: true, object: { status: { phase: 'Running' } } });
    await using another = await removed(pod('two', 'Running'));
    expect(another.view.seen(ref)).toMatchObject({ gone: true });
  });

  it('is gone, too, when the first list does not have it, and it is not there', async () => {
    await using unlisted = await setUp(undefined);
    unlisted.synced.resolve();
    await vi.waitUntil(() => unlisted.view.seen(ref));
    expect(unlisted.view.seen(ref)).toEqual({ object: undefined, gone: true });
    await using unlabeled = await setUp(pod('one', 'Running'));
    unlabeled.synced.resolve();
    await vi.waitUntil(() => unlabeled.view.seen(ref));
    expect(unlabeled.view.seen(ref)).toMatchObject({ gone: false });
  });

  it('is still followed when it has only lost its label', async () => {
    await using unlabeled = await removed(pod('one', 'Pending'));
    const { view, cluster } = unlabeled;
    expect(view.seen(ref)).toMatchObject({ gone: false, object: { status: { phase: 'Pending' } } });
    cluster.live = pod('one', 'Failed');
    await vi.waitUntil(() => view.seen(ref)?.object?.metadata.resourceVersion === 'Failed');
    cluster.live = undefined;
    await vi.waitUntil(() => view.seen(ref)?.gone);
  });
});
