import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { arch, platform } from 'node:process';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import { withLock } from './lock.ts';
import { findProgram } from './packages.ts';
import type { Progress } from './progress.ts';
import { RigError } from './rig-error.ts';
import { run, runToEnd } from './run.ts';

const source = join(import.meta.dirname, 'kube-program');

/**
 * The path of the one program that holds all of Kubernetes. It comes from the cache; else from the folder KUBE_ASSETS, where
 * kube-<version>-<os>-<arch>[.zst] may lie; else it is built, which takes some minutes.
 */
export async function ensureKubeProgram(
  cacheDir: string,
  assets: string | undefined,
  progress: Progress,
): Promise<string> {
  await mkdir(cacheDir, { recursive: true });
  const asset = findAsset(assets);
  if (assets && asset === undefined) progress.line(`KUBE_ASSETS=${assets} holds no ${programName()}[.zst]`);
  const folder = join(cacheDir, `${programName()}-${asset === undefined ? sourceKey() : assetKey(asset)}`);
  const program = join(folder, 'kube');
  if (existsSync(program)) return program;
  return withLock(
    join(cacheDir, 'kube-program.lock'),
    async () => {
      if (existsSync(program)) return program;
      await mkdir(folder, { recursive: true });
      // Under a name that nobody uses until it is whole.
      const unfinished = `${program}.unfinished`;
      if (asset === undefined) await build(unfinished, progress);
      else await progress.step('unpack Kubernetes', () => unpack(asset, unfinished));
      await rename(unfinished, program);
      return program;
    },
    () => progress.line('waiting for another run that builds Kubernetes'),
  );
}

/** For example `kube-v1.36.3-linux-amd64`. */
export function programName(): string {
  return `kube-${kubernetesVersion()}-${platform}-${arch === 'x64' ? 'amd64' : arch}`;
}

function kubernetesVersion(): string {
  const goMod = readFileSync(join(source, 'go.mod'), 'utf8');
  const version = /k8s\.io\/kubernetes (v[\d.]+)/.exec(goMod)?.[1];
  if (version === undefined) throw new RigError(`${source}/go.mod names no version of Kubernetes`);
  return version;
}

function findAsset(folder: string | undefined): string | undefined {
  if (folder === undefined || folder === '') return undefined;
  const candidates = [join(folder, programName()), join(folder, `${programName()}.zst`)];
  return candidates.find((file) => existsSync(file));
}

function assetKey(file: string): string {
  const { size, mtimeMs } = statSync(file);
  return shortHash(`${file} ${size} ${mtimeMs}`);
}

function sourceKey(): string {
  return shortHash(['go.mod', 'go.sum', 'main.go'].map((file) => readFileSync(join(source, file), 'utf8')).join('\0'));
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

async function unpack(asset: string, target: string): Promise<void> {
  const write = createWriteStream(target, { mode: 0o755 });
  if (asset.endsWith('.zst')) await pipeline(createReadStream(asset), createZstdDecompress(), write);
  else await pipeline(createReadStream(asset), write);
}

async function build(target: string, progress: Progress): Promise<void> {
  if (findProgram('go') === undefined) {
    throw new RigError('Kubernetes is built from source here, and the program go is missing', {
      hint: ['install Go 1.26 or newer: https://go.dev/dl', 'or hand a cluster over: GITKUBE_TEST_KUBECONFIG=…'],
    });
  }
  const version = kubernetesVersion();
  const options = { cwd: source, env: goEnvironment() };
  progress.line(`building Kubernetes ${version} (some minutes, once)`);
  await progress.step('download the sources', () => run('go', ['mod', 'download'], options));
  const total = (await run('go', ['list', '-deps', '.'], options)).trim().split('\n').length;
  await progress.step('compile', async () => {
    await rm(target, { force: true });
    const notify = everyTenSeconds((done) =>
      progress.line(`  building Kubernetes ${version}: ${done} of ${total} packages`),
    );
    const [, major, minor] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
    const stamp = 'k8s.io/component-base/version';
    const flags = `-s -w -X ${stamp}.gitVersion=${version} -X ${stamp}.gitMajor=${major} -X ${stamp}.gitMinor=${minor}`;
    const args = ['build', '-v', '-trimpath', '-ldflags', flags, '-o', target, '.'];
    const { code, lastLines } = await runToEnd('go', args, { ...options, onLine: notify });
    if (code !== 0)
      throw new RigError('Kubernetes cannot be built', { evidence: lastLines, hint: [`go build in ${source}`] });
  });
}

/** The person's proxies and caches hold; what could change the build does not. */
function goEnvironment(): NodeJS.ProcessEnv {
  const { GOOS: _os, GOARCH: _arch, GOEXPERIMENT: _experiment, GODEBUG: _debug, ...environment } = process.env;
  return { ...environment, GOFLAGS: '-mod=readonly', GOWORK: 'off', GO111MODULE: 'on', CGO_ENABLED: '0' };
}

/** Counts calls, and hands the number on at most every ten seconds. */
function everyTenSeconds(notify: (count: number) => void): () => void {
  let count = 0;
  let last = performance.now();
  return () => {
    count++;
    if (performance.now() - last < 10_000) return;
    last = performance.now();
    notify(count);
  };
}
