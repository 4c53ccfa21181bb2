import { describe, expect, it } from 'vitest';
import { sshKeys } from '../test/support/ssh-keys.ts';
import { parseRemote } from './parse.ts';

const key = `ssh-ed25519 ${sshKeys.ed25519.base64} ana@home`;
const workload = (name: string) => ({ name, containers: [{ name: 'web' }] });

function parse(spec: object, annotations?: Record<string, string>) {
  const metadata = { namespace: 'shop', name: 'app', uid: 'u', generation: 3, ...(annotations && { annotations }) };
  return parseRemote({ metadata, spec: { authorizedKeys: [key], ...spec } });
}

const staging = { name: 'staging', branch: 'develop', deployments: [workload('www-staging')] };
const both = { branch: 'main', deployments: [workload('www')], environments: [staging] };

describe('an environment', () => {
  it('is a Remote with a branch and workloads of its own, and the keys, registry and LFS server of the whole', () => {
    const { environments, ...own } = parse({
      ...both,
      registry: { url: 'r.example' },
      lfs: { url: 'https://lfs.example' },
      access: [{ keys: ['ana@home'], may: ['read'] }],
    });
    const [one] = environments;
    expect(own).toMatchObject({ id: 'shop/app', environment: '', branch: 'main', problems: [] });
    expect(one).toMatchObject({
      ...{ id: 'shop/app/staging', environment: 'staging', namespace: 'shop', name: 'app', uid: 'u', generation: 3 },
      ...{ branch: 'develop', deployments: [{ name: 'www-staging' }], problems: [], environments: [] },
      ...{ keys: own.keys, access: own.access, registry: own.registry, lfs: own.lfs },
    });
    expect(own.isOnlyEnvironments).toBeUndefined();
  });

  it('has the rollout and reconcile of the Remote, field by field, and nothing else of what that deploys', () => {
    const shared = { reconcile: true, rollout: { timeoutSeconds: 30, watchSeconds: 60 }, env: { secret: 'env' } };
    const task = { name: 'unit', stage: 'Test', command: ['true'] };
    const rollout = { watchSeconds: 0 };
    const { environments } = parse({
      ...both,
      ...shared,
      tasks: [task],
      manifests: { path: 'k8s' },
      promoteFrom: ['other'],
      environments: [{ ...staging, rollout }],
    });
    expect(environments[0]).toMatchObject({
      ...{ reconcile: true, rolloutTimeoutSeconds: 30, watchSeconds: 0, tasks: [] },
    });
    for (const field of ['env', 'manifests', 'promotion']) expect(environments[0]).not.toHaveProperty(field);
  });

  it('has a lock, and a Helm release, of its own', () => {
    const annotations = { 'gitkube.sh/lock.staging': 'demo', 'gitkube.sh/locked-by.staging': 'ana' };
    const { environments, ...own } = parse(
      { ...both, environments: [{ name: 'staging', branch: 'develop', manifests: { path: 'chart' } }] },
      annotations,
    );
    expect(own.lock).toBeUndefined();
    expect(environments[0]).toMatchObject({
      lock: { reason: 'demo', by: 'ana' },
      manifests: { helm: { release: 'app-staging' } },
    });
  });

  it('may promote from another one by its name alone', () => {
    const { environments, ...own } = parse({ ...both, promoteFrom: ['staging'], requirePromotion: true });
    expect(own.promotion).toEqual({ from: ['shop/app/staging'], isRequired: true });
    expect(environments[0]?.promotion).toBeUndefined();
  });

  it('may be all that a Remote has', () => {
    const { environments: _, ...own } = parse({ environments: [staging] });
    expect(own).toMatchObject({ isOnlyEnvironments: true, deployments: [], problems: [] });
  });
});

describe('a problem of an environment', () => {
  const problemsOf = (spec: object) => parse(spec).environments.map(({ problems }) => problems);

  it.each([
    ['the branch of the Remote', { ...both, branch: 'develop' }, 'names branch develop, which is of app'],
    [
      'a branch that the Remote may have',
      { ...both, branch: undefined, environments: [{ ...staging, branch: 'master' }] },
      'names branch master, which is of app',
    ],
    [
      'a workload of the Remote',
      { ...both, deployments: [workload('www-staging')] },
      'names workload www-staging, which is of app',
    ],
    [
      'an image that is called like one of the Remote',
      {
        ...both,
        deployments: [{ name: 'www', containers: [{ name: 'staging-web' }] }],
      },
      'the images of www/staging-web and www-staging/web would have the same name',
    ],
    [
      'a task without an image',
      {
        ...both,
        environments: [
          {
            ...staging,
            deployments: [],
            manifests: { path: 'k8s' },
            tasks: [{ name: 'unit', stage: 'Verify', command: ['true'] }],
          },
        ],
      },
      'task unit needs a container that this Remote builds',
    ],
    [
      'nothing to deploy',
      { ...both, environments: [{ name: 'staging', branch: 'develop' }] },
      'spec.environments[0].deployments names no container and spec.environments[0].manifests no path, so there is nothing to deploy',
    ],
  ])('is %s, and names its place', (_, spec, text) => {
    const [problems] = problemsOf(spec);
    expect(problems).toHaveLength(1);
    expect(problems?.[0]).toContain(text);
    expect(parse(spec).problems).toEqual([]);
  });

  it('is what an earlier one has', () => {
    const [first, second] = problemsOf({ ...both, environments: [staging, { ...staging, name: 'qa' }] });
    expect(first).toEqual([]);
    expect(second).toEqual([
      'spec.environments[1] names branch develop, which is of staging',
      'spec.environments[1] names workload www-staging, which is of staging',
    ]);
  });

  it('is one of all where it is about the keys', () => {
    const spec = { ...both, access: [{ keys: ['ben@home'], may: ['read'] }] };
    expect(problemsOf(spec)[0]).toEqual(parse(spec).problems);
  });

  it.each(['7', 'Staging', 'a/b', '-a', 'a-', ''])('%j is no name', (name) => {
    expect(() => parse({ ...both, environments: [{ ...staging, name }] })).toThrow(/spec\.environments\[0\]\.name/);
  });
});
