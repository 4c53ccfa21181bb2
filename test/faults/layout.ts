import type { ProjectOptions } from '../support/project.ts';
import type { Part } from './world.ts';

/** A branch that deploys. */
export interface Place {
  /** Empty: that of the Remote itself. */
  readonly environment: string;
  readonly branch: string;
  readonly workload: string;
}

interface Layout extends Pick<ProjectOptions, 'deployments' | 'spec'> {
  readonly places: readonly [Place, ...Place[]];
}

const target = (name: string) => [{ name, containers: [{ name, path: 'www' }] }];
const main = { branch: 'main', workload: 'www' };

/** What the Remote of a world deploys where. */
export function layoutOf(needs: ReadonlySet<Part>): Layout {
  if (needs.has('environments')) return environments;
  return needs.has('promotion') ? promotion : { places: [{ ...main, environment: '' }] };
}

/** The deploy under test is to an environment, and another one is in the same repository. */
const environments: Layout = {
  deployments: ['www', 'www-production'],
  spec: {
    branch: 'production',
    deployments: target('www-production'),
    environments: [{ name: 'staging', branch: 'main', deployments: target('www') }],
  },
  places: [
    { ...main, environment: 'staging' },
    { branch: 'production', workload: 'www-production', environment: '' },
  ],
};

/** The deploy under test runs what the other environment has built. */
const promotion: Layout = {
  deployments: ['www', 'www-staging'],
  spec: {
    branch: 'main',
    deployments: target('www'),
    promoteFrom: ['staging'],
    environments: [{ name: 'staging', branch: 'develop', deployments: target('www-staging') }],
  },
  places: [
    { ...main, environment: '' },
    { branch: 'develop', workload: 'www-staging', environment: 'staging' },
  ],
};
