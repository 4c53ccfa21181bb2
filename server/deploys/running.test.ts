import { expect, it } from 'vitest';
import type { PreparedManifests } from '../../applier/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { Release } from '../git/release.ts';
import type { Repository } from '../git/repository.ts';
import type { DeployContext } from './context.ts';
import { isRunning } from './running.ts';

const release = { number: 1, commit: 'aaa', record: { images: [] as object[] } } as Release;
const repository = { releases: async () => [release] } as unknown as Repository;
const remote = { namespace: 'default', deployments: [] as object[] } as unknown as Remote;

const prepared = (would: string, surplus: object[] = []) =>
  ({ checked: [{ would: 'keep' }, { would }], surplus }) as unknown as PreparedManifests;

it.each([
  ['runs when the Remote has no manifests', undefined, [], true],
  ['runs when the manifests are as they were applied', prepared('keep'), [], true],
  ['does not run when somebody has changed a workload', prepared('keep'), ['www runs another image'], false],
  ['does not run when somebody has changed what the manifests say', prepared('change'), [], false],
  ['does not run when somebody has deleted an object of the manifests', prepared('create'), [], false],
  ['does not run when an object of another release is there', prepared('keep', [{}]), [], false],
])('the last release %s', async (_, manifests, differences, expected) => {
  const context = { deployer: { matches: async () => differences } } as unknown as DeployContext;
  expect(await isRunning(context, repository, release, { remote, manifests, images: [], current: 'aaa' })).toBe(
    expected,
  );
});
