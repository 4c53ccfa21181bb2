import { expect, it } from 'vitest';
import { build } from './build.ts';

it('images of tests are no part of the release', async () => {
  const web = { target: { deployment: 'web', container: { name: 'app' } }, reference: 'r/web@sha256:1' };
  const unit = { target: { deployment: '', container: { name: 'unit' }, task: 'unit' }, reference: 'r/unit@sha256:2' };
  const checked = { makeImages: async () => [web, unit] };
  expect(await build.run({ checked } as never, {} as never)).toEqual({ images: [web], testImages: [unit] });
});
