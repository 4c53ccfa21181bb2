import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface PackageManifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  /** As older packages have it. */
  readonly licenses?: readonly { readonly type: string }[];
}

/** As an SPDX expression; undefined: it does not say. */
export function licenseOf({ license, licenses = [] }: PackageManifest): string | undefined {
  return license ?? (licenses.map(({ type }) => type).join(' OR ') || undefined);
}

/** The packages that modules come from. @param modules paths */
export function packagesOf(
  modules: readonly string[],
): { readonly folder: string; readonly manifest: PackageManifest }[] {
  const folders = new Set(modules.map(packageFolder).filter((folder) => folder !== undefined));
  return [...folders].map((folder) => ({ folder, manifest: readManifest(folder) }));
}

/** The folder of the package below node_modules that a module belongs to. */
function packageFolder(module: string): string | undefined {
  if (!module.includes('/node_modules/')) return undefined;
  let folder = dirname(module);
  // Some packages hold a package.json without a name in their subfolders, which only says how modules are written.
  while (!existsSync(join(folder, 'package.json')) || readManifest(folder).name === undefined) folder = dirname(folder);
  return folder;
}

export function readManifest(folder: string): PackageManifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageManifest;
}
