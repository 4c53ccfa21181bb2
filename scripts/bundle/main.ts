/**
 * Makes the program of the sources, as few files.
 *
 *   node scripts/bundle/main.ts [FOLDER]      default: dist
 */
import { join, resolve } from 'node:path';
import { build, type Plugin } from 'rolldown';
import manifest from '../../package.json' with { type: 'json' };
import { licensesOf } from './licenses.ts';
import { sbomOf } from './sbom.ts';

const root = join(import.meta.dirname, '../..');

/**
 * Writes the program to a folder, and nothing else is left in there. Loading the thousand modules of
 * @kubernetes/client-node one by one took a third of a server's start and a quarter of its memory.
 */
export async function bundle(folder: string): Promise<void> {
  await build({
    cwd: root,
    input: {
      gitkube: 'cli/gitkube.ts',
      'kubectl-complete': 'cli/kubectl-complete.ts',
      'parse-worker': 'applier/render/parse-worker.ts',
    },
    platform: 'node',
    // They look for files of their own: an addon, descriptions of protocols. What is bundled is a devDependency.
    external: Object.keys(manifest.dependencies),
    output: { dir: folder, cleanDir: true, entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
    plugins: [licenses],
  });
}

const licenses: Plugin = {
  name: 'licenses',
  generateBundle(_, files) {
    const modules = Object.values(files).flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
    this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-LICENSES.txt', source: licensesOf(modules) });
    const sbom = sbomOf(modules, Object.keys(manifest.dependencies), manifest.version);
    this.emitFile({ type: 'asset', fileName: 'sbom.cdx.json', source: sbom });
  },
};

if (import.meta.main) await bundle(resolve(process.argv[2] ?? join(root, 'dist')));
