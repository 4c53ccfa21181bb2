import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/** What each folder may import of the project: the stream flows one way. */
const upstream: Record<string, readonly string[]> = {
  base: [],
  hooks: ['base'],
  kube: ['base'],
  'remote-crd': ['base', 'kube'],
  builder: ['base', 'remote-crd'],
  deployer: ['base', 'kube', 'remote-crd'],
  applier: ['base', 'kube', 'remote-crd'],
  server: ['base', 'kube', 'remote-crd', 'builder', 'deployer', 'applier', 'hooks'],
  cli: ['base', 'kube', 'remote-crd', 'builder', 'deployer', 'server'],
};

/** The only folder that may import a library, so that a change of the library is a change of one folder. */
const homes: Record<string, string> = {
  ssh2: 'server/ssh',
  dockerode: 'builder',
  'tar-stream': 'builder',
  '@kubernetes/client-node': 'kube',
  '@prometheus-io/client': 'server/metrics',
  commander: 'cli',
  '@inquirer/prompts': 'cli',
};

interface Import {
  readonly file: string;
  readonly from: string;
}

function imports(folder: string): Import[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .flatMap((name) => {
      const file = join(folder, name);
      const text = readFileSync(join(root, file), 'utf8');
      const found = text.matchAll(/(?:from|import|require)\s*\(?\s*'([^']+)'/g);
      return [...found].map(([, from = '']) => ({ file, from }));
    });
}

describe('the architecture', () => {
  it.each(Object.entries(upstream))('%s imports with the stream only', (folder, allowed) => {
    const against = imports(folder)
      .filter(({ from }) => from.startsWith('.'))
      .map(({ file, from }) => ({ file, to: relative(root, normalize(join(root, dirname(file), from))) }))
      .filter(({ to }) => ![folder, ...allowed].includes(to.split('/')[0] ?? ''));
    expect(against).toEqual([]);
  });

  it.each(Object.entries(homes))('%s is imported in %s alone', (library, home) => {
    const elsewhere = Object.keys(upstream)
      .flatMap(imports)
      .filter(({ from }) => from === library || from.startsWith(`${library}/`))
      .filter(({ file }) => !file.startsWith(`${home}/`));
    expect(elsewhere).toEqual([]);
  });

  it('commands that people type know no door', () => {
    const doors = imports('server/commands').filter(({ from }) => /\/ssh\//.test(from));
    expect(doors).toEqual([]);
  });

  it('only cli/ reads the environment of the process', () => {
    const readers = Object.keys(upstream).flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
        .map((name) => join(folder, name))
        .filter((file) => /\bprocess\.env\b(?!;| is)/.test(code(file)) && !file.startsWith('cli/')),
    );
    expect(readers).toEqual([]);
  });
});

/**
 * Who may look at the wall clock, which anybody may set at any moment: for what people read, what is kept on disk, and
 * times that another machine wrote. Everything that lasts is measured on the monotonic clock.
 */
const wallClock = [
  'base/clock.ts',
  'builder/builder.ts',
  'builder/lfs/fetch-lfs.ts',
  'cli/doctor/clock.ts',
  'cli/doctor/https.ts',
  'cli/remote/list.ts',
  'cli/remote/releases.ts',
  'cli/remote/token-words.ts',
  'cli/remote/tokens.ts',
  'cli/remote/watch.ts',
  'deployer/rollout/workload-rollout.ts',
  'remote-crd/events.ts',
  'remote-crd/status-writer.ts',
  'server/access/access.ts',
  'server/access/kept-refusals.ts',
  'server/access/reauthorize.ts',
  'server/access/tokens/last-uses.ts',
  'server/access/trust/issuers.ts',
  'server/access/trust/trust.ts',
  'server/data-lock-own.ts',
  'server/deploys/records/live-record.ts',
  'server/deploys/records/recorder.ts',
  'server/deploys/steps/apply-manifests.ts',
  'server/deploys/steps/record-release.ts',
  'server/deploys/steps/restart-readers.ts',
  'server/drift/drift-check.ts',
  'server/gateways/diff-gateway.ts',
  'server/gateways/greeting.ts',
  'server/gateways/keys-gateway.ts',
  'server/gateways/lock-gateway.ts',
  'server/git/blob-contents.ts',
  'server/git/fetch-module.ts',
  'server/git/kept-time.ts',
  'server/git/trash.ts',
  'server/leases/lease-spec.ts',
  'server/lifecycle/expire-deploys.ts',
  'server/tasks/task-reports.ts',
  'server/watch/release-watches.ts',
];

describe('time', () => {
  const sources = Object.keys(upstream).flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .map((name) => join(folder, name)),
  );

  it('of the wall clock is read in few places', () => {
    const reads = (file: string) => /(?<!performance)\.now\(\)|\bDate\.now\b|\bnew Date\(\)/.test(code(file));
    expect(sources.filter(reads).sort()).toEqual(wallClock);
  });
});

/** A file without its comments. */
function code(file: string): string {
  return readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
}
