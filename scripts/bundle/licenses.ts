import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { licenseOf, type PackageManifest, packagesOf } from './packages.ts';

/**
 * What the packages ask of a redistributor of their code: name, version and license of each one that a bundled module comes
 * from, with the texts of its license files.
 * @param modules the paths of the bundled modules
 */
export function licensesOf(modules: readonly string[]): string {
  const described = packagesOf(modules).map(({ folder, manifest }) => describePackage(folder, manifest));
  return [...new Set(described)].sort().join(`\n${'-'.repeat(80)}\n\n`);
}

function describePackage(folder: string, manifest: PackageManifest): string {
  const { name, version } = manifest;
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return `${[`${name} ${version}: ${licenseOf(manifest) ?? 'see below'}`, ...texts].join('\n\n')}\n`;
}
