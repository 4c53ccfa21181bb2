import { describe, expect, it } from 'vitest';
import type { LiveDiff, ReleaseDiff } from '../gateways/diff-gateway.ts';
import { typeCommand } from './testing/type-command.ts';

const silent: LiveDiff = {
  remote: 'ns/app',
  release: 7,
  comparedAt: '2026-01-02T00:00:00Z',
  same: true,
  objects: [],
  more: 0,
  problems: [],
  underWay: [],
};
const equal: ReleaseDiff = {
  remote: 'ns/app',
  from: { release: 7, commit: 'a'.repeat(40) },
  to: { release: 9, commit: 'b'.repeat(40) },
  same: false,
  images: [],
  commits: { list: [], total: 0, isAncestor: true, onlyBefore: 0 },
  objects: [],
  more: 0,
};

/** Runs a command line of a key that may read one Remote. */
async function run(line: string, { live = silent, releases = equal } = {}) {
  const asked: unknown[][] = [];
  const diffs = {
    live: async (name: unknown) => {
      asked.push([name]);
      return live;
    },
    releases: async (name: unknown, numbers: unknown) => {
      asked.push([name, numbers]);
      return releases;
    },
  };
  return { asked, ...(await typeCommand(line, { diffs })) };
}

const app = { namespace: 'ns', name: 'app' };
const object = { kind: 'Deployment', name: 'web', namespace: 'ns', state: 'changed' } as const;
const image = `r/web@sha256:${'1'.repeat(64)}`;

describe('diff', () => {
  it.each([
    ['diff', [undefined]],
    ['diff ns/app', [app]],
    ['diff 7', [undefined, [7, undefined]]],
    ['diff releases/7', [undefined, [7, undefined]]],
    ['diff ns/app releases/7 9', [app, [7, 9]]],
    ['diff --json 7 9', [undefined, [7, 9]]],
  ])('%s asks for what it names', async (line, wish) => {
    expect((await run(line)).asked).toEqual([wish]);
  });

  it.each([
    ['diff last', 'last is not the number of a release'],
    ['diff 0', '0 is not the number of a release'],
    ['diff 7 ns/app', 'ns/app is not the number of a release'],
    ['diff ns/app/x/y', 'ns/app/x/y is not <namespace>/<remote>[/<environment>]'],
    ['diff 7 8 9', 'diff compares two releases at most'],
    ['diff ns/app 7 8 9', 'diff takes no argument 9'],
    ['diff --all', 'diff has no option --all'],
  ])('%s is refused, and asks for nothing', async (line, message) => {
    const { asked, err, code } = await run(line);
    expect(err).toContain(`gitkube: ${message}\n`);
    expect([asked, code]).toEqual([[], 2]);
  });

  it.each([
    [{ added: ['D'], changed: ['A', 'B'], removed: [] }, 'env: D added; A, B changed\n', 1],
    [
      { added: [], changed: [], removed: [], note: 'no env of releases/7 is known' },
      'env: no env of releases/7 is known: names',
      1,
    ],
    [{ added: [], changed: [], removed: [], problem: 'gone' }, 'env: names cannot be compared: gone\n', 2],
  ])('prints the names of variables that differ between two releases', async (env, line, code) => {
    const found = await run('diff 7 9', { releases: { ...equal, env } });
    expect([found.out, found.code]).toEqual([expect.stringContaining(line), code]);
  });

  it('says in one line that what runs is the release', async () => {
    expect(await run('diff')).toMatchObject({ out: 'ns/app runs exactly releases/7\n', code: 0 });
  });

  it('prints each change with who and when, and nothing that a terminal obeys', async () => {
    const changes = [
      { path: 'spec.image', from: image, to: 'web:\u001b[31m2', by: 'a\u0007da', at: '2026-01-01T21:00:00Z' },
      { path: 'spec.password', hidden: 'changed', by: 'eve' },
      { path: 'data.f', line: 3, from: '', note: 'left alone' },
    ] as const;
    const objects = [
      { ...object, changes },
      { ...object, name: 'gone', state: 'missing', changes: [] },
      { ...object, name: 'odd', state: 'unknown', problem: 'no answer', changes: [] },
    ] as const;
    const { out, code } = await run('diff', { live: { ...silent, same: false, objects, underWay: ['main 1 by bob'] } });
    expect(out).toBe(
      [
        'Deployment web',
        '  spec.image       r/web@sha256:111111111111…  →  web:2 (a\ufffdda, 3 h ago)',
        '  spec.password    changed (value hidden) (eve)',
        '  data.f, line 3   ""  →  (none)   no difference: left alone',
        'Deployment gone: does not exist',
        'Deployment odd: cannot be compared: no answer',
        'under way, and not released yet: main 1 by bob',
        'ns/app differs in 2 objects from releases/7',
        '',
      ].join('\n'),
    );
    expect(code).toBe(2);
  });

  it('prints at most 200 lines of changes, and counts the others', async () => {
    const changes = Array.from({ length: 300 }, (_, index) => ({ path: `spec.f${index}`, from: 1, to: 2 }));
    const { out, code } = await run('diff', {
      live: { ...silent, same: false, objects: [{ ...object, changes }], more: 5 },
    });
    const lines = out.split('\n');
    expect(lines).toHaveLength(203);
    expect(lines.slice(200)).toEqual(['and 106 lines more', 'ns/app differs in 1 object from releases/7', '']);
    expect(code).toBe(1);
  });

  it('prints images, commits and objects of two releases', async () => {
    const images = [
      { name: 'web/web', from: image, to: `r/web@sha256:${'2'.repeat(64)}`, same: false },
      { name: 'web/new', to: image, same: false },
    ];
    const list = [{ commit: 'b'.repeat(40), subject: 'Say\u001b[2J hello' }];
    const changes = [{ path: 'spec.image', from: image, to: `r/web@sha256:${'2'.repeat(64)}` }];
    const objects = [
      { ...object, changes },
      { ...object, name: 'old', state: 'removed', changes: [] },
    ] as const;
    const commits = { list, total: 24, isAncestor: false, onlyBefore: 1 };
    const { out, code } = await run('diff 7 9', { releases: { ...equal, images, commits, objects } });
    expect(out).toBe(
      [
        'CONTAINER   releases/7            releases/9            IMAGE',
        'web/web     sha256:111111111111   sha256:222222222222   changed',
        'web/new     -                     sha256:111111111111   changed',
        'releases/7 (aaaaaaa) is not an ancestor of releases/9 (bbbbbbb), which lacks 1 commit of it',
        '24 commits from releases/7 (aaaaaaa) to releases/9 (bbbbbbb):',
        '  bbbbbbb Say hello',
        '  and 23 more',
        'Deployment web',
        '  spec.image   sha256:111111111111…  →  sha256:222222222222…',
        'Deployment old: only in releases/7',
        '',
      ].join('\n'),
    );
    expect(code).toBe(1);
  });

  it('of two releases that are the same says so, and of what cannot be compared why', async () => {
    const same = { ...equal, to: { ...equal.from, release: 9 }, same: true };
    const both = 'commit aaaaaaa in both\nreleases/7 and releases/9 are the same\n';
    expect(await run('diff 7 9', { releases: same })).toMatchObject({ out: both, code: 0 });
    const broken = await run('diff 7 9', { releases: { ...equal, problem: 'helm cannot render k8s' } });
    expect(broken.out).toBe('the manifests cannot be compared: helm cannot render k8s\n');
    expect(broken.code).toBe(2);
    const without = await run('diff 7 9', { releases: { ...equal, note: 'releases/7 has no manifests' } });
    expect(without.out).toBe('releases/7 has no manifests: objects are not compared\n');
  });

  it('prints all of it as JSON, with the same exit codes', async () => {
    const changed = { ...silent, same: false, objects: [{ ...object, changes: [{ path: 'p', from: 1, to: 2 }] }] };
    const { out, code } = await run('diff --json', { live: changed });
    expect(JSON.parse(out)).toEqual(changed);
    expect(code).toBe(1);
  });
});
