import { describe, expect, it } from 'vitest';
import { failure, setUp } from '../../test/support/fake-deploys.ts';
import { applyPatch } from '../testing/json-patch.ts';
import { makeDeployment } from '../testing/objects.ts';
import { makePatch } from './patch.ts';
import { restartedAt } from './restart.ts';

const at = '2026-01-02T03:04:05Z';
const earlier = '2025-01-02T03:04:05Z';

/** A Deployment whose template says that. */
function restartedOnce(when: string, image = 'old') {
  const containers = [{ name: 'app', image }];
  const annotations = { 'kubectl.kubernetes.io/restartedAt': when };
  return makeDeployment({ spec: { template: { metadata: { annotations }, spec: { containers } } } });
}

describe('the patch of a restart', () => {
  it.each([
    ['a template without metadata', makeDeployment()],
    ['a template that was restarted before', restartedOnce(earlier)],
  ])('of %s sets when, and is taken back exactly', (_, workload) => {
    const after = applyPatch(workload, makePatch(workload, {}, {}, at));
    if (!after) throw new Error('the patch did not hold');
    expect(restartedAt(after)).toBe(at);
    const back = applyPatch(after, makePatch(after, {}, {}, restartedAt(workload)));
    expect(back && restartedAt(back)).toBe(restartedAt(workload));
  });

  it('does not hold for a template that somebody else restarted', () => {
    const patch = makePatch(restartedOnce(earlier), {}, {}, at);
    expect(applyPatch(restartedOnce('2026-01-01T00:00:00Z'), patch)).toBeUndefined();
  });

  it('is empty where it says so already, or nobody asks for it', () => {
    expect(makePatch(restartedOnce(at), {}, {}, at)).toEqual([]);
    expect(makePatch(restartedOnce(at), {}, {})).toEqual([]);
  });
});

describe('a deploy that restarts a workload', () => {
  const restart = (name: string) => ({
    changes: [{ target: { kind: 'Deployment' as const, name, containers: [] }, images: {}, restartedAt: at }],
  });
  const whenOf = ({ kube }: ReturnType<typeof setUp>, name = 'www') => {
    const workload = kube.deployments.get(name);
    return workload && restartedAt(workload);
  };

  it('rolls it out although its images are equal, and journals what was there', async () => {
    const rig = setUp();
    expect(await rig.deploy({}, restart('www'))).toMatchObject([{ name: 'www', changed: true }]);
    expect([whenOf(rig), whenOf(rig, 'api'), rig.kube.image('www')]).toEqual([at, null, 'old']);
    expect(rig.journal[0]).toMatchObject([{ restart: { before: null, ours: at } }]);
    expect(rig.lines.join('\n')).toMatch(/^www: rolled out in /);
  });

  it.each([null, earlier])('that fails restores what its template said: %s', async (before) => {
    const rig = setUp();
    rig.kube.add('www', before ? restartedOnce(before, 'crash') : makeDeployment({ images: { app: 'crash' } }));
    expect(await failure(rig.deploy({}, restart('www')))).toMatchObject({ reason: 'ContainerCrashed' });
    expect(whenOf(rig)).toBe(before);
  });

  it('that fails leaves a restart by somebody else since', async () => {
    const rig = setUp();
    rig.kube.add('www', restartedOnce('2026-02-02T00:00:00Z'));
    const snapshot = { kind: 'Deployment' as const, namespace: 'default', name: 'www', uid: 'uid-www' };
    const ours = { ...snapshot, images: {}, annotations: {}, restart: { before: earlier, ours: at } };
    await rig.deployer.restore([ours], { say: () => {} });
    expect(whenOf(rig)).toBe('2026-02-02T00:00:00Z');
    expect(rig.kube.patches).toEqual([]);
  });

  it('whose patch was applied but not answered takes what was there before for the old one', async () => {
    const rig = setUp();
    rig.kube.patchFaults.set('www', ['answer lost']);
    await rig.deploy({}, restart('www'));
    expect(rig.journal.map(([www]) => www?.restart)).toEqual([{ before: null, ours: at }]);
  });

  it('that somebody else restarted in between restores to that', async () => {
    const rig = setUp();
    const beforePatch = async () => {
      const theirs = restartedOnce(earlier, 'crash');
      const metadata = { ...theirs.metadata, resourceVersion: '8' };
      if (whenOf(rig) === null) rig.kube.add('www', { ...theirs, metadata });
    };
    expect(await failure(rig.deploy({}, { ...restart('www'), beforePatch }))).toMatchObject({
      reason: 'ContainerCrashed',
    });
    expect(whenOf(rig)).toBe(earlier);
  });
});
