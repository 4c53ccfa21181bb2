import { describe, expect, it } from 'vitest';
import type { Remote } from '../../remote-crd/index.ts';
import type { Release } from '../git/release.ts';
import type { Repository } from '../git/repository.ts';
import { aDeployBranch, allBranchesOf, branchesOf } from './branches.ts';

const remote = (changes: Partial<Remote> = {}) =>
  ({ id: 'shop/app', environment: '', environments: [], ...changes }) as unknown as Remote;
const staging = remote({ id: 'shop/app/staging', environment: 'staging', branch: 'develop' });

/** A repository in which a release of this branch, or none, is the last one of each environment. */
function repository(branch?: string): Repository {
  const releases = async () => (branch === undefined ? [] : [{ record: { branch } } as Release]);
  const view = { releases, foldsCase: false, of: async () => view };
  return view as unknown as Repository;
}

describe('the branch that deploys', () => {
  it.each([
    ['is main or master before the first release', {}, undefined, ['main', 'master']],
    ['is the one that was released', {}, 'trunk', ['trunk']],
    ['is the one that the Remote names', { branch: 'live' }, 'trunk', ['live']],
    ['is none of a Remote that has nothing but environments', { isOnlyEnvironments: true }, 'main', []],
    [
      'is not the one that was released where that is of an environment now',
      { environments: [staging] },
      'develop',
      ['main', 'master'],
    ],
    [
      'is the one that was released where an environment names it that may not have it',
      { environments: [{ ...staging, branch: 'main' } as Remote] },
      'main',
      ['main'],
    ],
  ] as const)('%s', async (_, changes, released, expected) => {
    expect((await branchesOf(remote(changes), repository(released))).deploy).toEqual(expected);
  });

  it('of a hint is that of the Remote, or else of its first environment', async () => {
    const both = await allBranchesOf(remote({ environments: [staging] }), repository());
    expect(both.environments).toMatchObject([{ deploy: ['develop'], remote: { environment: 'staging' } }]);
    expect(aDeployBranch(both)).toBe('main');
    const only = remote({ environments: [staging], isOnlyEnvironments: true });
    expect(aDeployBranch(await allBranchesOf(only, repository()))).toBe('develop');
  });
});
