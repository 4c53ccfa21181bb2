import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import type { Gitkube } from './gitkube.ts';
import { descendants, openFiles, residentMegabytes } from './processes.ts';
import type { Project } from './project.ts';

/** What must not grow. */
export interface SoakFigures {
  readonly megabytes: number;
  readonly files: number;
  readonly processes: number;
  /** Of objects that git has not taken yet. */
  readonly quarantines: number;
}

/** For a server whose garbage collector has to work often: ciphers are freed there. */
export const smallHeap = { NODE_OPTIONS: '--max-old-space-size=96 --max-semi-space-size=1' };

// Bytes after which the client asks for new keys; a push of 1 MB then has eight sets of ciphers.
const rekeying = '-o RekeyLimit=128K';
const CONNECTIONS = 30;
const AT_ONCE = 5;

/** Everything that makes ciphers, processes and folders, once, and some of it broken off in the middle. */
export async function soakRound(gitkube: Gitkube, project: Project, round: number): Promise<void> {
  await project.write('large', randomBytes(1_000_000));
  await project.commit(`round ${round}`);
  await project.git('tag', '-f', 'soak');
  await Promise.all([manyConnections(project), pushAndFetch(project, `${gitkube.dataFolder}-clone`)]);
  await succeed(project, ['push', project.url, 'HEAD:main']);
}

/** An API server closes a connection that nobody uses after 90 s; how many a busy server keeps until then is no leak. */
const KEPT_MS = 120_000;

/** Resolves when nothing of what was begun is left; fails when something stays. */
export async function soakFigures(gitkube: Gitkube, maxFiles = Number.POSITIVE_INFINITY): Promise<SoakFigures> {
  const figures = () => ({
    megabytes: Math.round(residentMegabytes(gitkube.pid)),
    files: openFiles(gitkube.pid),
    processes: descendants(gitkube.pid).length,
    quarantines: quarantines(gitkube.dataFolder),
  });
  return eventually(async () => {
    const found = figures();
    if (found.processes > 0 || found.quarantines > 0 || found.files > maxFiles) throw new Error(JSON.stringify(found));
    return found;
  }, KEPT_MS);
}

async function pushAndFetch(project: Project, clone: string): Promise<void> {
  await succeed(project, ['push', '-f', project.url, 'soak']);
  try {
    await succeed(project, ['clone', '-q', '--bare', '--depth=1', '--branch=soak', project.url, clone]);
  } finally {
    await rm(clone, { recursive: true, force: true });
  }
}

async function succeed(project: Project, args: readonly string[]): Promise<void> {
  await project.gitOver(rekeying, ...args);
}

/** Some look who they are and go; some break off while git waits for their push. */
async function manyConnections(project: Project): Promise<void> {
  const receive = `git-receive-pack '/${project.namespace}/app'`;
  for (let made = 0; made < CONNECTIONS; made += AT_ONCE) {
    const one = async (index: number) => {
      using client = await project.connect();
      if (index === 0) return void (await client.exec(receive));
      await (await client.exec('whoami')).output;
    };
    await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => one(index)));
  }
}

/** git receives into a folder of its own, and moves the objects when the push is taken. */
function quarantines(dataFolder: string): number {
  const names = readdirSync(join(dataFolder, 'repositories'), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => /\/tmp_objdir-[^/]+$/.test(name)).length;
}
