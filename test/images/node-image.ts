import { cp, realpath, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { findProgram } from '../cluster/packages.ts';
import { RigError } from '../cluster/rig-error.ts';
import { layBusybox, layLibraries } from './root-file-system.ts';
import type { StandIn } from './stand-in.ts';

/**
 * For docker.io/library/node: the Node.js of npm's package `node`, and the npm of this machine.
 * @param registry the URL of the npm registry as builds reach it
 */
export function nodeImage(registry: string): StandIn {
  return {
    name: 'node:24-slim',
    config: {
      Env: [
        'PATH=/usr/local/bin:/bin',
        `npm_config_registry=${registry}`,
        // A lock file names the registry of the machine that wrote it.
        'npm_config_replace_registry_host=always',
      ],
      Cmd: ['node'],
    },
    lay: async (root) => {
      await layBusybox(root, { name: 'node', id: 1000, home: '/home/node' });
      const node = createRequire(import.meta.url).resolve('node/bin/node');
      await cp(node, join(root, 'usr/local/bin/node'), { dereference: true });
      await layLibraries(root, node);
      await cp(await npmFolder(), join(root, 'usr/local/lib/node_modules/npm'), { recursive: true });
      await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'));
    },
  };
}

async function npmFolder(): Promise<string> {
  const npm = findProgram('npm');
  if (npm === undefined) throw new RigError('the program npm is missing', { hint: ['install Node.js with npm'] });
  return dirname(dirname(await realpath(npm)));
}
