import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** What a repository looks like to somebody who would have to type it. */
export interface Defaults {
  /** Of the Remote: the name of the folder. */
  readonly name?: string;
  readonly manifests?: 'yaml' | 'helm';
  /** With these manifests. */
  readonly folder?: string;
  /** With the only Dockerfile. */
  readonly context?: string;
}

const manifestFolders = ['k8s', 'kubernetes', 'manifests', 'deploy', 'chart', 'charts', 'helm'];

/** @param folder in which a Remote is generated, usually the root of the repository */
export async function defaultsOf(folder: string): Promise<Defaults> {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
  return { ...(name === '' ? {} : { name }), ...(await manifestsIn(folder)), ...(await contextIn(folder)) };
}

async function manifestsIn(root: string): Promise<Pick<Defaults, 'manifests' | 'folder'>> {
  for (const folder of manifestFolders) {
    const files = await filesIn(join(root, folder));
    if (files.includes('Chart.yaml')) return { manifests: 'helm', folder };
    if (files.some((file) => /\.(ya?ml|json)$/.test(file))) return { manifests: 'yaml', folder };
  }
  return {};
}

/** The root, or the only folder below it that has a Dockerfile. */
async function contextIn(root: string): Promise<Pick<Defaults, 'context'>> {
  const here = await filesIn(root);
  if (here.includes('Dockerfile')) return { context: '.' };
  const below = await Promise.all(
    here.map(async (name) => ((await filesIn(join(root, name))).includes('Dockerfile') ? [name] : [])),
  );
  const [only, ...more] = below.flat();
  return only !== undefined && more.length === 0 ? { context: only } : {};
}

/** None, where it is no folder that can be read. */
async function filesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
