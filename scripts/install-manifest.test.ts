import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { chartDigest } from './install-manifest.ts';

it('manifests/install.yaml is rendered from the present chart', () => {
  const committed = readFileSync(new URL('../manifests/install.yaml', import.meta.url), 'utf8');
  expect(committed, 'run node scripts/generate-install.ts').toContain(`# Made of ${chartDigest()}.`);
});
