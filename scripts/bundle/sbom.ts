import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Contrib, Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { PackageURL } from 'packageurl-js';
import parseExpression from 'spdx-expression-parse';
import { licenseOf, packagesOf, readManifest } from './packages.ts';

const root = join(import.meta.dirname, '../..');
const { Application, Library } = Enums.ComponentType;

interface Locked {
  readonly version: string;
  /** As in Subresource Integrity: `sha512-<base64>`. */
  readonly integrity?: string;
}

/**
 * What the program is made of, as a CycloneDX 1.6 SBOM: the packages whose modules are bundled, and those that are installed
 * beside it. The same packages give the same text.
 * @param modules the paths of the bundled modules
 * @param installed names of packages that are not bundled
 */
export function sbomOf(modules: readonly string[], installed: readonly string[], version: string): string {
  const bom = new Models.Bom();
  const name = 'gitkube';
  bom.metadata.component = new Models.Component(Application, name, { version, bomRef: name });
  const locked = readLock();
  const bundled = packagesOf(modules).map(({ folder }) => folder.slice(folder.indexOf('node_modules/')));
  const others = closureOf(installed, locked);
  const all = [...new Set([...bundled, ...others])].sort().map((path) => componentOf(path, locked));
  // A package of one version may be installed at several places.
  for (const component of new Map(all.map((one) => [one.bomRef.value, one])).values()) {
    bom.components.add(component);
    bom.metadata.component.dependencies.add(component.bomRef);
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

function componentOf(path: string, locked: ReadonlyMap<string, Locked>): Models.Component {
  const full = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const [group, name] = full.startsWith('@') ? (full.split('/') as [string, string]) : [undefined, full];
  const { version = '', integrity } = locked.get(path) ?? {};
  const purl = new PackageURL('npm', group, name, version, undefined, undefined).toString();
  const component = new Models.Component(Library, name, { group, version, bomRef: purl, purl });
  const licenses = new Contrib.License.Factories.LicenseFactory(parseExpression);
  const license = licenseOf(readManifest(join(root, path)));
  if (license !== undefined) component.licenses.add(licenses.makeFromString(license));
  const [, base64] = /^sha512-(.+)$/.exec(integrity ?? '') ?? [];
  // Of the archive in the registry, which is what was installed.
  if (base64) component.hashes.set(Enums.HashAlgorithm['SHA-512'], Buffer.from(base64, 'base64').toString('hex'));
  return component;
}

/** Paths of packages, and of what they need. */
function closureOf(names: readonly string[], locked: ReadonlyMap<string, Locked & Needs>): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (name: string, from: string) => {
    const path = resolve(name, from, locked);
    if (path === undefined || found.has(path)) return;
    found.add(path);
    for (const need of Object.keys(locked.get(path)?.dependencies ?? {})) add(need, path);
  };
  for (const name of names) add(name, '');
  return found;
}

interface Needs {
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** As Node looks for it: in the package itself, then beside it, and outwards. */
function resolve(name: string, from: string, locked: ReadonlyMap<string, Locked>): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const path = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (locked.has(path)) return path;
    if (at === '') return undefined;
  }
}

function readLock(): ReadonlyMap<string, Locked & Needs> {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked & Needs>;
  };
  return new Map(Object.entries(lock.packages));
}
