import { expect, it } from 'vitest';
import { readTasks } from './parse-tasks.ts';
import type { DeploymentTarget } from './remote.ts';
import { tasks } from './schema-tasks.ts';

const container = (name: string) => ({ name, path: '.', dockerfile: 'Dockerfile', buildArgs: [] });
const web: DeploymentTarget = { kind: 'Deployment', name: 'web', containers: [container('web')] };
const worker: DeploymentTarget = { kind: 'StatefulSet', name: 'worker', containers: [container('a'), container('b')] };
const unit = { name: 'unit', stage: 'Test' as const, command: ['npm', 'test'] };

it('a task has its defaults, and is from the only container that is built', () => {
  expect(readTasks([unit], [web])).toEqual({
    problems: [],
    tasks: [
      {
        ...unit,
        from: { kind: 'Deployment', deployment: 'web', container: 'web' },
        ...{ timeoutSeconds: 600, retries: 0, onlyIfChanged: [], onRollback: false, env: [] },
        inherit: { env: true, sidecars: [] },
      },
    ],
  });
});

it('a test has an image of its own where it says so, whatever containers are built', () => {
  const build = { path: 'web/', target: 'test', buildArgs: [{ name: 'A', value: '1' }] };
  const image = { name: 'unit', path: 'web', dockerfile: 'web/Dockerfile', target: 'test', buildArgs: build.buildArgs };
  for (const deployments of [[], [web], [web, worker]]) {
    const { tasks, problems } = readTasks([{ ...unit, build }], deployments);
    expect([problems, tasks[0]?.build, tasks[0]?.from]).toEqual([[], image, undefined]);
  }
  expect(readTasks([unit], []).problems).toEqual(['task unit needs build, or a container that this Remote builds']);
});

it('a Verify runs in a rollback, and a Migrate does not, unless they say so', () => {
  const of = (stage: 'Migrate' | 'Verify', onRollback?: 'Skip' | 'Run') =>
    readTasks([{ ...unit, stage, onRollback }], [web]).tasks[0]?.onRollback;
  expect([of('Verify'), of('Verify', 'Skip'), of('Migrate'), of('Migrate', 'Run')]).toEqual([true, false, false, true]);
});

it('numbers of quantities are text, as Kubernetes has them', () => {
  const resources = { limits: { cpu: 2, memory: '1Gi' }, requests: {} };
  expect(readTasks([{ ...unit, resources }], [web]).tasks[0]?.resources).toEqual({
    limits: { cpu: '2', memory: '1Gi' },
  });
});

it.each<[string, object[], string]>([
  ['names no container of several', [unit], 'task unit needs from or build: this Remote builds several containers'],
  [
    'changes data, and names no container of several',
    [{ ...unit, stage: 'Migrate' }],
    'task unit needs from: this Remote builds several containers',
  ],
  [
    'names one that is not built',
    [{ ...unit, from: { deployment: 'web', container: 'api' } }],
    'task unit is from container api of web, which this Remote does not build',
  ],
  [
    'sets what Gitkube sets',
    [{ ...unit, from: { deployment: 'web', container: 'web' }, env: [{ name: 'GITKUBE_COMMIT', value: '' }] }],
    'task unit sets GITKUBE_COMMIT: names that begin with GITKUBE_ are set by Gitkube',
  ],
  [
    'may take too long with others',
    ['a', 'b', 'c'].map((name) => ({
      ...{ ...unit, name, timeoutSeconds: 3600 },
      from: { deployment: 'web', container: 'web' },
    })),
    'the tasks may take 10800 s together, and 7200 s is the limit',
  ],
])('a task that %s is a problem of the Remote', (_, specs, problem) => {
  expect(readTasks(specs as never, [web, worker]).problems).toEqual([problem]);
});

it.each([
  ['500m', true],
  ['1.5', true],
  ['.5Gi', true],
  ['1e3', true],
  [2, true],
  ['lots', false],
  ['1 Gi', false],
  ['1GB', false],
  ['-1', false],
  [-1, false],
  [1.5, false],
  ['', false],
])('%j is a quantity: %s', (cpu, expected) => {
  const task = { ...unit, command: ['x'], resources: { limits: { cpu } } };
  const { success, error } = tasks.safeParse([task]);
  expect(success).toBe(expected);
  if (!expected) expect(error?.issues[0]?.message).toBe('must be a quantity, such as 500m or 256Mi');
});
