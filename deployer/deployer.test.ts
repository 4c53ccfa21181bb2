import { describe, expect, it, vi } from 'vitest';
import { GitkubeError } from '../base/errors.ts';
import { failure, setUp } from '../test/support/fake-deploys.ts';
import { makeDeployment } from './testing/objects.ts';

describe('a deploy', () => {
  it('journals, patches, waits, and leaves no watch open', async () => {
    const { kube, deploy, journal, clock } = setUp();
    const results = await deploy({ www: 'new', api: 'old' });
    expect(results.map(({ name, changed }) => [name, changed])).toEqual([
      ['www', true],
      ['api', false],
    ]);
    expect(journal).toHaveLength(1);
    expect(journal[0]?.[0]).toMatchObject({ name: 'www', images: { app: 'old' }, wasReady: true });
    expect(kube.openWatches).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('says how to restart the pods of a workload that runs the images already', async () => {
    const { deploy, lines } = setUp();
    await deploy({ www: 'old' });
    expect(lines).toEqual([
      'www: runs these images already, nothing to roll out; to restart its pods, type: kubectl -n default rollout restart deployment/www',
    ]);
  });

  it('that cannot write its journal patches nothing', async () => {
    const { kube, deploy } = setUp();
    const beforePatch = () => Promise.reject(new GitkubeError('Internal', 'disk full'));
    expect(await failure(deploy({ www: 'new' }, { beforePatch }))).toMatchObject({ message: 'disk full' });
    expect(kube.patches).toEqual([]);
    expect(kube.openWatches).toBe(0);
  });

  it('whose patch was applied but not answered does not take its own image for the old one', async () => {
    const { kube, deploy, journal } = setUp();
    kube.patchFaults.set('www', ['answer lost']);
    expect(await deploy({ www: 'new' })).toMatchObject([{ changed: true }]);
    expect(journal).toHaveLength(1);
  });

  it('survives an API server that is away for a while', async () => {
    const { kube, deploy } = setUp();
    kube.patchFaults.set(
      'www',
      Array.from({ length: 8 }, () => 'no answer' as const),
    );
    expect(await deploy({ www: 'new' })).toMatchObject([{ changed: true }]);
  });

  it('gives up when somebody else keeps changing the Deployment', async () => {
    const { kube, deploy } = setUp();
    kube.patchFaults.set(
      'www',
      Array.from({ length: 5 }, () => 'changed since' as const),
    );
    expect(await failure(deploy({ www: 'new' }))).toMatchObject({ reason: 'WorkloadChanged' });
  });

  it('reads the Deployment itself when the watch no longer gets events', async () => {
    const { kube, clock, deploy, lines } = setUp();
    kube.watchesWork = false;
    const done = deploy({ www: 'new' });
    await expect.poll(() => kube.image('www')).toBe('new');
    await expect.poll(() => clock.pending).toBeGreaterThan(0);
    clock.advance(60_000);
    expect(await done).toMatchObject([{ changed: true, rolloutMs: expect.closeTo(60_000, -3) }]);
    expect(lines.join()).toMatch(/www: rolled out in/);
  });

  it('does not blame the new version for an API server that does not answer', async () => {
    const { kube, clock, deploy } = setUp();
    kube.watchesHealthy = false;
    const failed = failure(deploy({ www: 'hang' }));
    await expect.poll(() => kube.image('www')).toBe('hang');
    await expect.poll(() => clock.delays.some((ms) => ms > 20_000)).toBe(true);
    clock.advance(60_000);
    expect(await failed).toMatchObject({ reason: 'ClusterUnavailable' });
    expect(kube.image('www')).toBe('old');
  });

  it('that is cancelled before it starts changes nothing', async () => {
    const { kube, deploy } = setUp();
    const reason = new GitkubeError('ShuttingDown', 'the server stops');
    expect(await failure(deploy({ www: 'new' }, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(kube.patches).toEqual([]);
  });
});

describe('a failed deploy', () => {
  it('restores the others when one patch is refused', async () => {
    const { kube, deploy, lines } = setUp();
    kube.patchFaults.set('api', ['refused']);
    expect(await failure(deploy({ www: 'new', api: 'new' }))).toMatchObject({ reason: 'PatchRefused' });
    expect([kube.image('www'), kube.image('api')]).toEqual(['old', 'old']);
    expect(lines).toContain('www: rolled back; the previous version is running');
    expect(lines.filter((line) => line.startsWith('api:'))).toEqual([]);
  });

  it('reports every crash, the first one first', async () => {
    const { kube, deploy } = setUp();
    const error = await failure(deploy({ www: 'crash-1', api: 'crash-2' }));
    expect(error.message).toBe('www: container app in pod www-1-abc exited with code 3');
    expect(error.evidence.join('\n')).toMatch(
      /no database[\s\S]*api: container app in pod api-1-abc exited with code 3/,
    );
    expect([kube.image('www'), kube.image('api')]).toEqual(['old', 'old']);
    expect(kube.openWatches).toBe(0);
  });

  it('says that the previous version runs only where one was ready', async () => {
    const { kube, deploy, lines } = setUp();
    const placeholder = makeDeployment({ images: { app: 'hang-old' }, status: { availableReplicas: 0 } });
    kube.add('api', placeholder);
    const { hint: ofPlaceholder } = await failure(deploy({ api: 'crash' }));
    expect(ofPlaceholder).toEqual(['fix it, commit if the code has to change, and push again']);
    expect(lines.filter((line) => /previous|undoing|before/.test(line))).toEqual([
      'api: undoing the change',
      'api: undone; it was not ready before this deploy either',
    ]);
    const { hint } = await failure(deploy({ www: 'crash' }));
    expect(hint).toEqual([
      'fix it, commit if the code has to change, and push again; until then the previous version keeps running',
    ]);
  });

  it('is rolled back although the API server is away for a while', async () => {
    const { kube, deploy } = setUp();
    const beforePatch = async () => {
      kube.patchFaults.set('www', ['none', ...Array.from({ length: 9 }, () => 'no answer' as const)]);
    };
    expect(await failure(deploy({ www: 'crash' }, { beforePatch }))).toMatchObject({ reason: 'ContainerCrashed' });
    expect(kube.image('www')).toBe('old');
    expect(kube.patches).toHaveLength(11);
  });

  it('that cannot be rolled back reports what failed and what to type', async () => {
    const { kube, deploy } = setUp();
    const beforePatch = async () => {
      kube.patchFaults.set('www', ['none', 'forbidden']);
    };
    const error = await failure(deploy({ www: 'crash', api: 'new' }, { beforePatch }));
    expect(error.reason).toBe('RollbackFailed');
    expect(error.message).toBe(
      'www: container app in pod www-1-abc exited with code 3; www could not be restored: may not patch deployments',
    );
    expect(error.hint[0]).toContain('kubectl -n default set image deployment/www app=old');
    expect(error.evidence.join()).toContain('no database');
    expect(kube.image('api')).toBe('old');
  });
});

describe('a deploy that is rolled back while the server stops', () => {
  const reason = new GitkubeError('ShuttingDown', 'the server is restarting');

  it('restores everything, waits for no pod, and says so', async () => {
    const stop = new AbortController();
    const { kube, clock, deploy, lines } = setUp(stop.signal);
    kube.add('www', makeDeployment({ images: { app: 'hang-old' } }));
    const cancel = new AbortController();
    const failed = failure(deploy({ www: 'hang', api: 'new' }, { signal: cancel.signal }));
    await expect.poll(() => kube.image('www')).toBe('hang');
    cancel.abort(reason);
    await expect.poll(() => lines).toContain('api: rolled back; the previous version is running');
    await expect.poll(() => kube.image('www')).toBe('hang-old');
    stop.abort();
    expect(await failed).toMatchObject({
      reason: 'RestoreUnfinished',
      message: 'the server is restarting; www: restored, and the server stopped before all of it ran again',
    });
    expect(lines).toContain('www: restored; the server is stopping, so it is not known whether all pods run again');
    expect([kube.openWatches, clock.pending]).toEqual([0, 0]);
  });

  it('restores everything although its time is over already', async () => {
    const { kube, deploy } = setUp(AbortSignal.abort(reason));
    const failed = failure(deploy({ www: 'crash' }));
    expect(await failed).toMatchObject({ reason: 'RestoreUnfinished' });
    expect(kube.image('www')).toBe('old');
  });
});

describe('restoring', () => {
  it('leaves an image that somebody else set, and the annotations that are not of this deploy', async () => {
    const { kube, deployer, deploy, journal, lines } = setUp();
    await deploy({ www: 'new', api: 'new' });
    kube.add('api', makeDeployment({ images: { app: 'theirs' }, annotations: { 'gitkube.sh/release': '9' } }));
    lines.length = 0;
    const expected = { www: { app: 'new' }, api: { app: 'new' } };
    const mark = { commit: 'c0ffee', release: 1, pushedBy: 'ada', cause: 'a push' };
    await deployer.restore(journal[0] ?? [], { expected, mark, say: (line) => lines.push(line) });
    expect([kube.image('www'), kube.image('api')]).toEqual(['old', 'theirs']);
    expect(kube.deployments.get('api')?.metadata?.annotations).toMatchObject({ 'gitkube.sh/release': '9' });
    expect(kube.deployments.get('www')?.metadata?.annotations).not.toHaveProperty(['gitkube.sh/release']);
    expect(lines).toContain('api: somebody else set the image of container app to theirs, that stays');
    expect(lines).toContain('www: rolled back; the previous version is running');
  });

  it('does nothing to a Deployment that was deleted and created again', async () => {
    const { kube, deployer, deploy, journal } = setUp();
    await deploy({ www: 'new' });
    const anew = makeDeployment({ images: { app: 'new' } });
    kube.deployments.set('www', { ...anew, metadata: { ...anew.metadata, uid: 'another' } });
    await deployer.restore(journal[0] ?? [], { say: () => {} });
    expect(kube.image('www')).toBe('new');
  });

  it.each([
    ['are left', { replicas: 2, updatedReplicas: 1 }, ['www']],
    ['are gone', { replicas: 1, updatedReplicas: 1 }, []],
  ])(
    'names a workload whose previous version does not run while pods of the new one %s',
    async (_, status, expected) => {
      const { kube, deployer, deploy, journal, clock } = setUp();
      kube.add('www', makeDeployment({ images: { app: 'hang-old' } }));
      await deploy({ www: 'new' });
      kube.add('www', makeDeployment({ images: { app: 'new' }, status }));
      const still: string[] = [];
      const options = { expected: { www: { app: 'new' } }, stillRuns: (name: string) => void still.push(name) };
      const restoring = deployer.restore(journal[0] ?? [], { ...options, say: () => {} });
      await vi.waitFor(() => expect(clock.pending).toBeGreaterThan(0));
      clock.advance(61_000);
      await restoring;
      expect(still).toEqual(expected);
    },
  );

  it('waits for the end of the new version once more where a server stopped that had restored it', async () => {
    const { kube, deployer, deploy, journal, lines } = setUp();
    await deploy({ www: 'new' });
    const expected = { www: { app: 'new' } };
    const restore = () => deployer.restore(journal[0] ?? [], { expected, say: (line) => lines.push(line) });
    await restore();
    lines.length = 0;
    kube.add('www', makeDeployment({ status: { replicas: 2, updatedReplicas: 1 } }));
    const restoring = restore();
    await expect.poll(() => kube.openWatches).toBeGreaterThan(0);
    kube.add('www', makeDeployment());
    kube.become('www', 'runs');
    await restoring;
    expect(lines).toEqual(['www: rolled back; the previous version is running']);
  });
});
