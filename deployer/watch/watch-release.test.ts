import { describe, expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import { setUp } from '../../test/support/fake-deploys.ts';

/** A watch of www and api, which run the image `new`. */
async function setUpWatch(images: Record<string, string> = { app: 'new' }) {
  const { kube, clock, deployer, deploy } = setUp();
  await deploy({ www: 'new', api: 'new' });
  const stop = new AbortController();
  const workloads = ['www', 'api'].map((name) => ({ kind: 'Deployment' as const, namespace: 'default', name, images }));
  const end = deployer.watch({ workloads, ms: 60_000, signal: stop.signal });
  await expect.poll(() => clock.pending).toBe(2);
  return { kube, clock, stop, end };
}

describe('the watch of a release', () => {
  it('ends when its time is over, and leaves nothing open', async () => {
    const { kube, clock, end } = await setUpWatch();
    clock.advance(60_000);
    expect(await end).toEqual({ kind: 'held' });
    expect([kube.openWatches, clock.pending]).toEqual([0, 0]);
  });

  it('ends at the first workload that crashes, with the last lines of its log', async () => {
    const { kube, clock, end } = await setUpWatch();
    kube.become('api', 'crash');
    const failed = await end;
    const error = failed.kind === 'failed' ? failed.error : undefined;
    expect(error).toMatchObject({ reason: 'ContainerCrashed', message: expect.stringMatching(/^api: container app/) });
    expect(error?.evidence.join('\n')).toContain('no database');
    expect([kube.openWatches, clock.pending]).toEqual([0, 0]);
  });

  it('ends when somebody else sets another image', async () => {
    const { kube, end } = await setUpWatch();
    await kube.patchWorkload('Deployment', 'default', 'www', [
      { op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'newest' },
    ]);
    expect(await end).toEqual({ kind: 'other' });
  });

  it('ends when somebody else changes its template and no image, as `kubectl set env` does', async () => {
    const { kube, end } = await setUpWatch();
    const env = [{ name: 'DEBUG', value: '1' }];
    const path = '/spec/template/spec/containers/0/env';
    await kube.patchWorkload('Deployment', 'default', 'www', [{ op: 'add', path, value: env }]);
    kube.become('www', 'crash');
    expect(await end).toEqual({ kind: 'other' });
  });

  it('is of the template as it is watched, which has another shape than the one that is read', async () => {
    const { kube, clock, deployer, deploy } = setUp();
    await deploy({ www: 'new' });
    const read = kube.getWorkload.bind(kube);
    kube.getWorkload = async (...of) => {
      const found = await read(...of);
      return found?.spec && { ...found, spec: { ...found.spec, template: { ...found.spec.template, metadata: {} } } };
    };
    const www = { kind: 'Deployment' as const, namespace: 'default', name: 'www', images: { app: 'new' } };
    const end = deployer.watch({ workloads: [www], ms: 60_000, signal: new AbortController().signal });
    await expect.poll(() => clock.pending).toBe(1);
    clock.advance(60_000);
    expect(await end).toEqual({ kind: 'held' });
  });

  it('has not held where nothing was seen of it at its end', async () => {
    const { kube, clock, end } = await setUpWatch();
    kube.watchesHealthy = false;
    clock.advance(60_000);
    expect(await end).toEqual({ kind: 'unseen' });
  });

  it('ends with the reason of its signal', async () => {
    const { kube, stop, end } = await setUpWatch();
    stop.abort(new GitkubeError('Cancelled', 'a newer push'));
    await expect(end).rejects.toThrow('a newer push');
    expect(kube.openWatches).toBe(0);
  });
});

describe('the watch of a release that does not run', () => {
  it('ends at once', async () => {
    const { deployer } = setUp();
    const watched = { kind: 'Deployment' as const, namespace: 'default', name: 'www', images: { app: 'new' } };
    const gone = { ...watched, name: 'gone', images: {} };
    const signal = new AbortController().signal;
    for (const workload of [watched, gone]) {
      expect(await deployer.watch({ workloads: [workload], ms: 60_000, signal })).toEqual({ kind: 'other' });
    }
  });

  it('of no workload has nothing to watch', async () => {
    const { signal } = new AbortController();
    expect(await setUp().deployer.watch({ workloads: [], ms: 60_000, signal })).toEqual({ kind: 'held' });
  });
});
