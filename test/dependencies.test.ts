import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { licenseOf, readManifest } from '../scripts/bundle/packages.ts';

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly link?: boolean;
}

const root = join(import.meta.dirname, '..');
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, Locked> };
const packages = Object.entries(lock.packages).filter(([path]) => path !== '');

/** Those that let anybody redistribute the program, in SPDX expressions. */
const accepted = new Set([
  ...['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'CC0-1.0', 'CC-BY-3.0', 'CC-BY-4.0'],
  ...['ISC', 'MIT', 'MIT-0', 'MPL-2.0', 'PSF-2.0', 'Unlicense', 'Zlib', 'WTFPL'],
]);

describe('every dependency', () => {
  it('has one exact version', () => {
    const all = { ...manifest.dependencies, ...manifest.devDependencies };
    expect(Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  it('comes from the npm registry, and is what it was', () => {
    const strange = packages.filter(
      ([, { resolved = 'https://registry.npmjs.org/', integrity = '' }]) =>
        !resolved.startsWith('https://registry.npmjs.org/') || !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity),
    );
    expect(strange.map(([path]) => path)).toEqual([]);
  });

  it('runs no program when it is installed, but for those that package.json allows', () => {
    const scripted = packages.filter(([, { hasInstallScript }]) => hasInstallScript);
    const names = new Set(scripted.map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 13)));
    expect([...names].filter((name) => !Object.hasOwn(manifest.allowScripts, name))).toEqual([]);
  });

  it('has a license that lets others redistribute the program', () => {
    const installed = packages.filter(([, { optional, devOptional, link }]) => !optional && !devOptional && !link);
    const bad = installed.flatMap(([path]) => {
      const license = licenseOf(readManifest(join(root, path))) ?? 'none';
      const words = license.replace(/[()]/g, '').split(/ OR /);
      const isFine = words.some((word) => word.split(' AND ').every((one) => accepted.has(one.trim())));
      return isFine ? [] : [`${path}: ${license}`];
    });
    expect(bad).toEqual([]);
  });
});
