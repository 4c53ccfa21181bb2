import { expect, it } from 'vitest';
import { fitted } from './status-patch.ts';
import type { RemoteStatus } from './status-schema.ts';

const image = (n: number) => ({ container: `www/web${n}`, image: `r.example/www@sha256:${'0'.repeat(64)}` });
const releases = () =>
  [3, 2, 1].map((number) => ({ number, commit: 'c', at: '2026-01-02T03:04:05Z', by: 'a', images: [image(1)] }));
const status = () =>
  ({
    conditions: [],
    releases: releases(),
    environments: [{ name: 'qa', releases: releases() }],
  }) as unknown as RemoteStatus;
const withImages = (parts: RemoteStatus['releases']) =>
  (parts ?? []).flatMap(({ number, images }) => (images ? [number] : []));

it('a status is as it is while it has room', () => {
  expect(fitted(status())).toEqual(status());
});

it('a status without room loses the images of the oldest releases, and nothing else', () => {
  const full = Buffer.byteLength(JSON.stringify(status()));
  const less = fitted(status(), full - 1);
  expect([withImages(less.releases), withImages(less.environments?.[0]?.releases)]).toEqual([
    [3, 2],
    [3, 2],
  ]);
  const none = fitted(status(), 1);
  expect([none.releases?.length, withImages(none.releases)]).toEqual([3, []]);
  expect(fitted({ conditions: [] } as unknown as RemoteStatus, 1)).toEqual({ conditions: [] });
});
