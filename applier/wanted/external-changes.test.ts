import { expect, it } from 'vitest';
import { imagesOf } from '../objects/pod-templates.ts';
import { preserveExternalFields, sharedFieldsOf } from './external-changes.ts';

const workload = (replicas: number | undefined, images: Readonly<Record<string, string>>) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'www' },
  spec: {
    ...(replicas === undefined ? {} : { replicas }),
    template: { spec: { containers: Object.entries(images).map(([name, image]) => ({ name, image })) } },
  },
});
const built = { web: 'web@sha256:2' };
const entry = (replicas: number | undefined, images: Readonly<Record<string, string>>) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  name: 'www',
  ...sharedFieldsOf(workload(replicas, images), { web: '' }),
});

function kept(
  wanted: ReturnType<typeof workload>,
  live: ReturnType<typeof workload> | undefined,
  last: ReturnType<typeof entry> | undefined,
) {
  const lines: string[] = [];
  const object = preserveExternalFields(wanted, live, last, built, (line) => lines.push(line));
  return { replicas: (object.spec as { replicas?: number }).replicas, images: imagesOf(object), lines };
}

const wanted = workload(1, { web: 'web@sha256:2', proxy: 'envoy:1' });

it('a manifest is applied as it is where nobody else has changed anything', () => {
  const live = workload(1, { web: 'web@sha256:1', proxy: 'envoy:1' });
  const { lines, ...object } = kept(wanted, live, entry(1, { web: 'x', proxy: 'envoy:1' }));
  expect(object).toEqual({ replicas: 1, images: { web: 'web@sha256:2', proxy: 'envoy:1' } });
  expect(lines).toEqual([]);
});

it('a count and an image that somebody else set stay until the manifest changes', () => {
  const live = workload(5, { web: 'web@sha256:1', proxy: 'envoy@sha256:9' });
  const { lines, ...object } = kept(wanted, live, entry(1, { web: 'x', proxy: 'envoy:1' }));
  expect(object).toEqual({ replicas: 5, images: { web: 'web@sha256:2', proxy: 'envoy@sha256:9' } });
  expect(lines).toHaveLength(2);
});

it('a changed manifest wins', () => {
  const live = workload(5, { web: 'web@sha256:1', proxy: 'envoy@sha256:9' });
  const { lines, ...object } = kept(wanted, live, entry(3, { web: 'x', proxy: 'envoy:0' }));
  expect(object).toEqual({ replicas: 1, images: { web: 'web@sha256:2', proxy: 'envoy:1' } });
  expect(lines).toEqual([]);
});

it('an object that no release knows is applied as it is', () => {
  expect(kept(wanted, workload(5, { web: 'a', proxy: 'b' }), undefined).replicas).toBe(1);
  expect(kept(wanted, undefined, entry(1, {})).replicas).toBe(1);
});

it('a manifest without a count does not change it', () => {
  expect(
    kept(workload(undefined, { web: 'x' }), workload(5, { web: 'x' }), entry(undefined, {})).replicas,
  ).toBeUndefined();
});

it('a container may have the name of a property of JavaScript objects', () => {
  const named = workload(1, { constructor: 'a:1' });
  expect(kept(named, workload(1, { other: 'b' }), entry(1, { constructor: 'a:1' })).images).toEqual({
    constructor: 'a:1',
  });
});
