/**
 * Builds the native crypto addon of ssh2 for the Node that runs this script. Without it uploads are 6 to 10 times
 * slower. ssh2's own install script would build for whatever Node npm runs on, with a base class that aborts the server
 * (docs/adr/0006), and hides its failure.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const root = join(import.meta.dirname, '..');
const crypto = join(dirname(require.resolve('ssh2/package.json')), 'lib/protocol/crypto');
const objectWrap = join(import.meta.dirname, 'ssh2-object-wrap.h');
const recipe = createHash('sha256').update(readFileSync(objectWrap)).digest('hex').slice(0, 8);
const stamp = join(crypto, 'build', `built-for-${process.version}-${recipe}`);

if (!existsSync(stamp) || hasCleanupHook()) {
  if (process.argv.includes('--install-tools')) installTools();
  build();
}

function build(): void {
  console.log(`ssh2: building its crypto addon for Node ${process.version}`);
  const started = Date.now();
  const headers = headersFolder();
  const args = [
    join(dirname(require.resolve('node-gyp/package.json')), 'bin/node-gyp.js'),
    'rebuild',
    `--target=${process.version}`,
    `--real_openssl_major=${process.versions.openssl.split('.')[0]}`,
    ...(headers ? [`--nodedir=${headers}`] : []),
  ];
  const result = spawnSync(process.execPath, args, { cwd: crypto, encoding: 'utf8', env: buildEnvironment() });
  if (result.status === 0 && hasCleanupHook()) discard();
  else if (result.status === 0) {
    spawnSync('touch', [stamp]);
    console.log(`ssh2: addon built in ${Math.round((Date.now() - started) / 100) / 10} s`);
  } else reportFailure(`${result.stderr}`);
}

/** Not fatal: the server works without the addon, says so at start, and the reason stands here. */
function reportFailure(stderr: string): void {
  const reason = stderr.split('\n').filter((line) => /error|not found/i.test(line));
  console.log(`ssh2: its addon could not be built, uploads will be slow. It needs python3, make and g++.`);
  for (const line of reason.slice(0, 5)) console.log(`ssh2:   ${line.trim()}`);
}

/** Of Node's own base class, which aborts the server; server/ssh/native-crypto.ts looks for the same. */
function hasCleanupHook(): boolean {
  const addon = join(crypto, 'build/Release/sshcrypto.node');
  return existsSync(addon) && readFileSync(addon).includes('RemoveEnvironmentCleanupHook');
}

/** Slow is better than one that aborts the server. */
function discard(): void {
  rmSync(join(crypto, 'build'), { recursive: true });
  console.log(`ssh2: the compiler did not take ${objectWrap}: no addon is kept, uploads will be slow.`);
}

/** A bare Debian has no compiler; as root it gets one. */
function installTools(): void {
  const has = (tool: string) => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;
  if (['python3', 'make', 'g++'].every(has) || process.getuid?.() !== 0 || !has('apt-get')) return;
  console.log('ssh2: installing python3, make and g++ to build its crypto addon');
  const install = 'apt-get update -qq && apt-get install -y -qq --no-install-recommends python3 make g++';
  const options = { encoding: 'utf8', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const;
  const result = spawnSync('sh', ['-c', install], options);
  if (result.status !== 0) console.log(`ssh2: apt-get: ${result.stderr.trim().split('\n').at(-1)}`);
}

/** The npm package `node` brings the headers of its version along, so nothing has to be downloaded. */
function headersFolder(): string | undefined {
  const platform = `node-${process.platform}-${process.arch}`;
  const candidates = [join(root, 'node_modules/node/node_modules', platform), join(dirname(process.execPath), '..')];
  return candidates.find((folder) => existsSync(join(folder, 'include/node/node.h')));
}

/**
 * With our base class of the ciphers in front of Node's. npm hands its configuration to scripts as variables, and node-gyp
 * would take another Node's folder from there.
 */
function buildEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_config_(nodedir|target)$/i.test(name));
  return { ...Object.fromEntries(kept), CXXFLAGS: `${process.env.CXXFLAGS ?? ''} -include "${objectWrap}"` };
}
