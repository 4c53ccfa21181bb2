import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { silentLogger } from '../../base/log.ts';
import { createEngine } from '../../builder/index.ts';
import type { Progress } from '../../test/cluster/progress.ts';
import { RigError } from '../../test/cluster/rig-error.ts';
import { bundle } from '../bundle/main.ts';
import { assembleProgram, assembleTools } from './assemble.ts';
import { sourceFiles } from './sources.ts';

const root = join(import.meta.dirname, '../..');

export interface ServerImageOptions {
  /** `unix:///…` */
  readonly engine: string;
  /** `gitkube:tag`. */
  readonly name: string;
  readonly cacheDir: string;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly progress: Progress;
}

/** Builds the Dockerfile as anybody would: its stages fetch and bundle. */
export async function buildFromSources(options: ServerImageOptions): Promise<void> {
  const context = archiveOf(root, ['Dockerfile', '.dockerignore', ...(await sourceFiles())]);
  await build(options, context);
}

/** Builds the last stage of the Dockerfile on a base that the engine has, with parts that are put together on this machine. */
export async function buildFromParts(options: ServerImageOptions & { runtimeBase: string }): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'gitkube-image-'));
  try {
    await options.progress.step('bundle the program, collect its packages and tools', async () => {
      // Not into dist/: a server may be running from there.
      const bundled = join(folder, 'bundled');
      await bundle(bundled);
      await assembleProgram(join(folder, 'parts'), bundled);
      await rm(bundled, { recursive: true });
      await assembleTools(join(folder, 'parts'), options.cacheDir, options.progress);
      for (const path of ['Dockerfile', 'scripts/images/dpkg.cfg']) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await cp(join(root, path), join(folder, path));
      }
    });
    const buildArgs = { ...options.buildArgs, PARTS: 'handed-in', RUNTIME_BASE: options.runtimeBase };
    await build({ ...options, buildArgs }, archiveOf(folder, ['.']));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function build(options: ServerImageOptions, context: Readable): Promise<void> {
  const { engine, name, buildArgs, progress } = options;
  const lines: string[] = [];
  const result = await progress.step(`build ${name}`, () =>
    createEngine({ host: engine, log: silentLogger }).build({
      tag: name,
      dockerfile: 'Dockerfile',
      buildArgs,
      labels: {},
      noCache: false,
      pull: false,
      context,
      signal: new AbortController().signal,
      onEvent: (event) => {
        if (event.kind === 'log') lines.push(...event.text.toString().trimEnd().split('\n'));
        if (event.kind === 'step' && event.error !== undefined) lines.push(`${event.name}: ${event.error}`);
      },
    }),
  );
  if ('imageId' in result) return;
  throw new RigError(`the engine cannot build ${name}: ${result.failure.message}`, { evidence: lines.slice(-15) });
}

/** A tar stream that breaks when tar does. */
function archiveOf(folder: string, paths: readonly string[]): Readable {
  const child = spawn('tar', ['-C', folder, '--owner=0', '--group=0', '--numeric-owner', '-cf', '-', ...paths], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  child.on('error', (error) => child.stdout.destroy(error));
  child.on('exit', (code) => {
    if (code !== 0) child.stdout.destroy(new RigError(`tar ended with exit code ${code}`));
  });
  return child.stdout;
}
