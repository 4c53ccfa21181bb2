import { expect, it } from 'vitest';
import type { DeploymentTarget, Remote } from '../../remote-crd/index.ts';
import type { Release } from '../git/release.ts';
import type { CheckFacts } from './check-build.ts';
import { checkRestart } from './check-restart.ts';
import type { DeployContext } from './context.ts';

const target = (kind: string, name: string) =>
  ({ kind, name, containers: [{ name: 'app' }] }) as unknown as DeploymentTarget;
const object = (kind: string, name: string, namespace?: string) => ({ apiVersion: 'v1', kind, name, namespace });
const remote = {
  ...{ id: 'ns/app', namespace: 'ns', problems: [], manifests: { path: 'k8s' } },
  deployments: [target('Deployment', 'www'), target('CronJob', 'nightly')],
} as unknown as Remote;
const other = { id: 'ns/other', namespace: 'ns', deployments: [target('Deployment', 'theirs')] } as unknown as Remote;
const objects = [
  ...[object('Deployment', 'www'), object('StatefulSet', 'db', 'ns'), object('DaemonSet', 'far', 'elsewhere')],
  ...[object('ConfigMap', 'settings'), object('Deployment', 'theirs')],
];
const images = [{ deployment: 'www', container: 'app', image: 'r/www@sha256:1', buildKey: 'k', built: true }];
const release = { number: 3, commit: 'c0ffee', record: { images, objects } } as unknown as Release;

it('a restart is of the workloads of the Remote and of its manifests, and keeps what the release says', async () => {
  const said: string[] = [];
  const inspected: string[] = [];
  const deployer = {
    inspect: async (_: string, wanted: readonly DeploymentTarget[]) => {
      inspected.push(...wanted.map(({ kind, name }) => `${kind} ${name}`));
    },
  };
  const context = { deployer, remotes: { all: () => [remote, other] } } as unknown as DeployContext;
  const facts = { remote, output: { say: (line: string) => said.push(line) } } as unknown as CheckFacts;
  const checked = await checkRestart(context, facts, release);
  expect(inspected).toEqual(['Deployment www', 'CronJob nightly', 'StatefulSet db']);
  expect(said).toEqual(['nightly: a CronJob has no pods of its own to restart']);
  expect(checked.dryRun).toEqual(['www: would replace its pods', 'db: would replace its pods']);
  expect([checked.manifests, checked.objects]).toEqual([undefined, objects]);
  expect(await checked.makeImages()).toMatchObject([{ reference: 'r/www@sha256:1', built: false }]);
});
