import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyPatch } from '../testing/json-patch.ts';
import { makeDeployment } from '../testing/objects.ts';
import { makeCronJob } from '../testing/workloads.ts';
import { containersOf, differingContainers } from '../workload/containers.ts';
import { currentAnnotations, markAnnotations } from './annotations.ts';
import { makePatch } from './patch.ts';
import { pointer } from './pointer.ts';
import { takeSnapshot } from './snapshot.ts';

const mark = markAnnotations({ commit: 'c0ffee', release: 3, pushedBy: 'ada', cause: 'a push' });

describe('the patch of a Deployment', () => {
  it('tests uid, place, name and image before it replaces', () => {
    const deployment = makeDeployment({ images: { log: 'l', app: 'old' } });
    expect(makePatch(deployment, { app: 'new' }, {})).toEqual([
      { op: 'test', path: '/metadata/uid', value: 'uid-www' },
      { op: 'test', path: '/spec/template/spec/containers/1/name', value: 'app' },
      { op: 'test', path: '/spec/template/spec/containers/1/image', value: 'old' },
      { op: 'replace', path: '/spec/template/spec/containers/1/image', value: 'new' },
    ]);
  });

  it('finds the pod template of a CronJob where it is', () => {
    const ops = makePatch(makeCronJob({ image: 'old' }), { app: 'new' }, {});
    expect(ops.at(-1)).toEqual({
      op: 'replace',
      path: '/spec/jobTemplate/spec/template/spec/containers/0/image',
      value: 'new',
    });
  });

  it('escapes the names of annotations', () => {
    expect(pointer('metadata', 'annotations', 'gitkube.sh/a~b')).toBe('/metadata/annotations/gitkube.sh~1a~0b');
  });

  it('creates the annotations map only in the version that has none', () => {
    const bare = makeDeployment({ annotations: null });
    const patch = makePatch(bare, { app: 'new' }, mark);
    expect(currentAnnotations(applyPatch(bare, patch) ?? bare)).toEqual(mark);
    const meanwhile = { ...bare, metadata: { ...bare.metadata, resourceVersion: '8', annotations: { a: 'b' } } };
    expect(applyPatch(meanwhile, patch)).toBeUndefined();
  });

  it('leaves the pod template as it is when only the annotations differ', () => {
    const patch = makePatch(makeDeployment({ images: { app: 'new' } }), { app: 'new' }, mark);
    expect(patch.filter(({ op, path }) => op !== 'test' && path.startsWith('/spec'))).toEqual([]);
    expect(patch.some(({ op }) => op === 'add')).toBe(true);
  });

  it('is empty when nothing is to change', () => {
    expect(makePatch(makeDeployment({ images: { app: 'new' }, annotations: mark }), { app: 'new' }, mark)).toEqual([]);
  });

  it('removes an annotation that was not there before', () => {
    const marked = makeDeployment({ annotations: mark });
    const patch = makePatch(marked, {}, { 'gitkube.sh/commit': null, 'gitkube.sh/release': '2' });
    const after = applyPatch(marked, patch);
    expect(after?.metadata?.annotations).toMatchObject({ 'gitkube.sh/release': '2' });
    expect(after?.metadata?.annotations).not.toHaveProperty('gitkube.sh/commit');
  });

  it.each([
    ['another container at the place', makeDeployment({ images: { sidecar: 's', app: 'old' } })],
    ['a newer image', makeDeployment({ images: { app: 'theirs' } })],
  ])('does not hold for %s', (_, changed) => {
    expect(applyPatch(changed, makePatch(makeDeployment(), { app: 'new' }, mark))).toBeUndefined();
  });

  const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/);
  const image = fc.string({ minLength: 1, maxLength: 20 });
  const images = fc.uniqueArray(fc.tuple(name, image), { minLength: 1, maxLength: 8, selector: ([key]) => key });
  const annotations = fc.option(fc.dictionary(fc.constantFrom(...Object.keys(mark), 'a/b~c', 'x'), fc.string()), {
    nil: null,
  });

  it('sets exactly the images, and the patch back restores exactly what was there', () => {
    fc.assert(
      fc.property(images, fc.nat(), fc.infiniteStream(image), annotations, (all, split, stream, marks) => {
        const at = split % all.length;
        const before = makeDeployment({
          images: Object.fromEntries(all.slice(at)),
          initImages: Object.fromEntries(all.slice(0, at)),
          annotations: marks,
        });
        const wanted = Object.fromEntries(all.map(([key]) => [key, stream.next().value]));
        const after = applyPatch(before, makePatch(before, wanted, mark));
        if (!after) throw new Error('the patch did not hold');
        expect(differingContainers(after, wanted)).toEqual([]);
        expect(containersOf(after).size).toBe(all.length);
        const snapshot = takeSnapshot('default', before, Object.keys(wanted));
        const back = applyPatch(after, makePatch(after, snapshot.images, snapshot.annotations));
        const bare = { ...before.metadata, annotations: before.metadata?.annotations ?? {} };
        expect(back).toEqual({ ...before, metadata: bare });
      }),
    );
  });
});
