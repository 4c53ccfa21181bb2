import { describe, expect, it } from 'vitest';
import type { Task } from '../../../remote-crd/index.ts';
import { planTasksOf } from './plan-tasks.ts';

const smoke = { name: 'smoke', stage: 'Verify', onlyIfChanged: [], onRollback: true } as unknown as Task;
const of = (deployment: string) => ({ ...smoke, from: { kind: 'Deployment', deployment, container: 'app' } }) as Task;
const release = { number: 3, record: { images: [{ deployment: 'www', container: 'app' }] } };

async function planned(task: Task, dryRun = false) {
  const said: string[] = [];
  const reports = { skipped: (_: unknown, { name }: Task, why: string) => said.push(`reported: ${name}, ${why}`) };
  const facts = {
    ...{ remote: { tasks: [task] }, origin: { kind: 'release', release }, revision: {}, trigger: { kind: 'rollback' } },
    ...{ options: { dryRun }, repository: { releases: async () => [release], newestReleases: async () => [release] } },
    output: { say: (line: string) => said.push(line) },
  };
  const tasks = await planTasksOf.run(facts as never, { tasks: { enabled: true, reports } } as never);
  return { said, tasks };
}

it('a check of a container that the release does not have is skipped, and the deploy says so', async () => {
  const why = 'releases/3 has no image of api/app';
  expect(await planned(of('api'))).toEqual({
    said: [`task smoke: skipped, ${why}`, `reported: smoke, ${why}`],
    tasks: { tasks: [{ task: of('api'), skipped: why }], ahead: [] },
  });
  expect(await planned(of('www'))).toEqual({ said: [], tasks: { tasks: [{ task: of('www') }], ahead: [] } });
  expect((await planned(of('api'), true)).said).toEqual([]);
});

const files = { db: 'oid-1', web: 'oid-2' } as const;
const treeOf = (entries: Record<string, string>) => ({
  entry: async (path: string) => (path in entries ? { kind: 'tree', oid: entries[path] } : undefined),
  [Symbol.dispose]: () => {},
});

interface History {
  /** The records of releases have these, the newest first. */
  readonly tasks: readonly object[][];
  /** By commit. */
  readonly trees?: Record<string, Record<string, string>>;
}

async function plannedAfter(task: Task, { tasks, trees = {} }: History, more: object = {}) {
  const releases = tasks.map((one, at) => ({
    number: 9 - at,
    commit: `c${9 - at}`,
    record: { images: [], tasks: one },
  }));
  const facts = {
    ...{ remote: { tasks: [task] }, origin: { kind: 'build' }, revision: {}, trigger: { kind: 'push' } },
    ...{ options: { dryRun: true }, output: { say: () => {} }, source: treeOf(files) },
    repository: {
      releases: async () => releases.slice(0, 10),
      newestReleases: async () => releases,
      source: async (commit: string) => treeOf(trees[commit] ?? files),
    },
    ...more,
  };
  const { tasks: found } = (await planTasksOf.run(facts as never, { tasks: { enabled: true } } as never)) as {
    readonly tasks: readonly { readonly skipped?: string }[];
  };
  return found.map(({ skipped }) => skipped ?? 'runs');
}

const unit = { name: 'unit', stage: 'Test', onlyIfChanged: ['db'] } as unknown as Task;
const record = (state: string, why?: string) => ({ name: 'unit', stage: 'Test', state, why });
const same = 'db as in the last release';

it.each([
  ['has passed', [[record('Succeeded')]], [same]],
  ['was as in the one before', [[record('Skipped', same)]], [same]],
  ['had passed before', [[record('Skipped', 'passed before with this image')]], [same]],
  ['was not wanted', [[record('Skipped', 'push option no-tests')]], ['runs']],
  ['was unknown', [[]], ['runs']],
])('a test with the files of the last release, where it %s: %j', async (_, tasks, expected) => {
  expect(await plannedAfter(unit, { tasks })).toEqual(expected);
});

it('a test that nobody wanted in the last release is compared with the one in which it has passed', async () => {
  const tasks = [[record('Skipped', 'push option no-tests')], [record('Succeeded')]];
  expect(await plannedAfter(unit, { tasks })).toEqual([same]);
  expect(await plannedAfter(unit, { tasks, trees: { c8: { db: 'oid-0' } } })).toEqual(['runs']);
});

it.each([
  ['a push runs', { revision: {} }, ['runs']],
  ['a redeploy that builds the images does not run', { revision: { again: 'redeploy' } }, []],
])('%s tests and migrations', async (_, more, expected) => {
  expect(await plannedAfter(unit, { tasks: [[]] }, more)).toEqual(expected);
  expect(await plannedAfter({ ...unit, stage: 'Migrate' }, { tasks: [[]] }, more)).toEqual(expected);
});

describe('what is older than a migration of the database', () => {
  const schema = [{ name: 'schema', stage: 'Migrate', state: 'Succeeded' }];
  const older = { number: 7, commit: 'c7', record: { images: [] } };
  const releases = [
    { number: 9, commit: 'c7', record: { images: [], ahead: ['schema in releases/8'] } },
    { number: 8, commit: 'c8', record: { images: [], tasks: schema } },
    older,
  ];
  const aheadOf = async (origin: object, revision: object) => {
    const said: string[] = [];
    const repository = { releases: async () => releases, newestReleases: async () => releases };
    const facts = {
      ...{ remote: { tasks: [] }, origin, revision, trigger: { kind: 'push' }, options: {}, repository },
      output: { say: (line: string) => said.push(line) },
    };
    const { ahead } = (await planTasksOf.run(facts as never, { tasks: { enabled: true } } as never)) as {
      ahead: readonly string[];
    };
    return { ahead, said };
  };

  it('stays it when it is built again', async () => {
    expect(await aheadOf({ kind: 'build' }, { again: 'redeploy' })).toEqual({
      ahead: ['schema in releases/8'],
      said: [],
    });
  });

  it('is it as well when its commit is built again in place of a rollback', async () => {
    const { ahead, said } = await aheadOf({ kind: 'build', older }, {});
    expect(ahead).toEqual(['schema in releases/8']);
    expect(said).toEqual([
      expect.stringMatching(/^warning: the database may be ahead of the code: releases\/7 is older/),
    ]);
    expect(await aheadOf({ kind: 'build' }, {})).toEqual({ ahead: [], said: [] });
  });
});

it('migrations whose files are the same do not run after a restart, which has none in its record', async () => {
  const schema = { ...unit, name: 'schema', stage: 'Migrate' } as Task;
  const tasks = [[], [{ name: 'schema', stage: 'Migrate', state: 'Succeeded' }]];
  expect(await plannedAfter(schema, { tasks })).toEqual([same]);
  expect(await plannedAfter(schema, { tasks, trees: { c9: {} } })).toEqual([same]);
});
