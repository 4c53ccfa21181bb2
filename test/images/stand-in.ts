import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { arch } from 'node:process';
import { pipeline } from 'node:stream/promises';
import { run } from '../cluster/run.ts';

/** An image that is made on this machine under the name of one that cannot be pulled. */
export interface StandIn {
  readonly name: string;
  /** As the image specification has it. */
  readonly config: {
    readonly Env: readonly string[];
    readonly Cmd?: readonly string[];
    readonly Entrypoint?: readonly string[];
    readonly StopSignal?: string;
  };
  /** Writes its root file system into an empty folder. */
  lay(root: string): Promise<void>;
}

/**
 * Writes the image as an archive that engines load and containerd imports.
 * @param folder an empty one
 * @returns the path of the archive
 */
export async function writeStandIn({ name, config, lay }: StandIn, folder: string): Promise<string> {
  const root = join(folder, 'root');
  await run('install', ['-d', '-m', '0755', root]);
  await lay(root);
  const layer = join(folder, 'layer.tar');
  await run('tar', ['-C', root, '--owner=0', '--group=0', '--numeric-owner', '-cf', layer, '.']);
  const rootfs = { type: 'layers', diff_ids: [`sha256:${await digestOf(layer)}`] };
  const architecture = arch === 'x64' ? 'amd64' : arch;
  await writeFile(join(folder, 'config.json'), JSON.stringify({ architecture, os: 'linux', config, rootfs }));
  const manifest = [{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }];
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
  const archive = join(folder, 'image.tar');
  await run('tar', ['-C', folder, '-cf', archive, 'config.json', 'layer.tar', 'manifest.json']);
  return archive;
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
