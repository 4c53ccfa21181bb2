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

it('what the manifest says is applied where nobody else had a say', () => {
  const live = workload(1, { web: 'web@sha256:1', proxy: 'envoy:1' });
  const { lines, ...object } = kept(wanted, live, entry(1, { web: 'x', proxy: 'envoy:1' }));
  expect(object).toEqual({ replicas: 1, images: { web: 'web@sha256:2', proxy: 'envoy:1' } });
  expect(lines).toEqual([]);
});

it('a count and an image that somebody else set stay while the manifest says what it said', () => {
  const live = workload(5, { web: 'web@sha256:1', proxy: 'envoy@sha256:9' });
  const { lines, ...object } = kept(wanted, live, entry(1, { web: 'x', proxy: 'envoy:1' }));
  expect(object).toEqual({ replicas: 5, images: { web: 'web@sha256:2', proxy: 'envoy@sha256:9' } });
  expect(lines).toHaveLength(2);
});

it('a manifest that says something new wins', () => {
  const live = workload(5, { web: 'web@sha256:1', proxy: 'envoy@sha256:9' });
  const { lines, ...object } = kept(wanted, live, entry(3, { web: 'x', proxy: 'envoy:0' }));
  expect(object).toEqual({ replicas: 1, images: { web: 'web@sha256:2', proxy: 'envoy:1' } });
  expect(lines).toEqual([]);
});

it('what no release knows of is applied as it is', () => {
  expect(kept(wanted, workload(5, { web: 'a', proxy: 'b' }), undefined).replicas).toBe(1);
  expect(kept(wanted, undefined, entry(1, {})).replicas).toBe(1);
});

it('a manifest without a count leaves it alone', () => {
  expect(
    kept(workload(undefined, { web: 'x' }), workload(5, { web: 'x' }), entry(undefined, {})).replicas,
  ).toBeUndefined();
});

it('a container may be called as JavaScript calls something of its own', () => {
  const named = workload(1, { constructor: 'a:1' });
  expect(kept(named, workload(1, { other: 'b' }), entry(1, { constructor: 'a:1' })).images).toEqual({
    constructor: 'a:1',
  });
});
