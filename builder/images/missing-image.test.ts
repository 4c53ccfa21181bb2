import { expect, it } from 'vitest';
import { isMissing } from './missing-image.ts';

it.each([
  'An image does not exist locally with the tag: r.example/a/b.www-web',
  'tag does not exist: r.example/a/b.www-web:key-1',
  'failed to get digest sha256:32096ba9: open /var/lib/docker/image/overlay2/imagedb/content/sha256/32096ba9: no such file or directory',
  'failed to get layer sha256:32096ba9: layer does not exist',
  'No such image: sha256:32096ba9',
  'unable to find image "sha256:32096ba9"',
  "unable to find 'r.example/a/b.www-web' in local storage: no such image",
])('%j means that the image is gone', (failure) => {
  expect(isMissing(failure)).toBe(true);
});

it.each([
  'name unknown: The repository with name x does not exist',
  'No such image: busybox:1',
  'failed to solve: busybox:1: not found',
  'COPY failed: file not found in build context or excluded by .dockerignore: stat a: file does not exist',
])('%j means something else', (failure) => {
  expect(isMissing(failure)).toBe(false);
});
