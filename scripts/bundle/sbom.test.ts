import { join } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { expect, it } from 'vitest';
import { sbomOf } from './sbom.ts';

interface Sbom {
  readonly components: readonly { readonly purl: string; readonly licenses?: unknown; readonly hashes: unknown }[];
}

const root = join(import.meta.dirname, '../..');
const modules = ['pino/pino.js', 'pino/lib/proto.js', '@kubernetes/client-node/dist/index.js'].map((path) =>
  join(root, 'node_modules', path),
);
const text = sbomOf(modules, ['ssh2'], '1.2.3');

it('the SBOM is one that the schema of CycloneDX accepts', async () => {
  expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)).toBeNull();
});

it('the SBOM has each bundled package once, and those beside the program with what they need', () => {
  const { components } = JSON.parse(text) as Sbom;
  expect(components.map(({ purl }) => purl.replace(/@[^@]*$/, ''))).toEqual([
    'pkg:npm/%40kubernetes/client-node',
    'pkg:npm/asn1',
    'pkg:npm/bcrypt-pbkdf',
    'pkg:npm/pino',
    'pkg:npm/safer-buffer',
    'pkg:npm/ssh2',
    'pkg:npm/tweetnacl',
  ]);
  for (const { licenses, hashes } of components) {
    expect(licenses).toHaveLength(1);
    expect(hashes).toEqual([{ alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) }]);
  }
});

it('the SBOM of the same packages is the same text', () => {
  expect(sbomOf(modules, ['ssh2'], '1.2.3')).toBe(text);
});
