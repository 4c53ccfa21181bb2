import { expect, it } from 'vitest';
import { parseContainerFlag } from './container-flag.ts';
import { asEnvironment, parseEnvironmentFlag } from './environment-flag.ts';

it('an environment is a name and a branch', () => {
  expect(parseEnvironmentFlag('staging=release/next')).toEqual({ name: 'staging', branch: 'release/next' });
});

it.each(['staging', '=main', 'staging=', ''])('%j is none', (text) => {
  expect(() => parseEnvironmentFlag(text)).toThrow('is not name=branch');
});

it('it deploys what the Remote deploys, under names that are free beside it', () => {
  const containers = [parseContainerFlag('www/web=services/web')];
  const manifests = { path: 'chart', helm: { release: 'app' } };
  expect(asEnvironment({ name: 'qa', branch: 'next' }, containers, manifests)).toEqual({
    name: 'qa',
    branch: 'next',
    manifests: { path: 'chart' },
    deployments: [
      { name: 'www-qa', containers: [{ name: 'web', path: 'services/web', dockerfile: 'services/web/Dockerfile' }] },
    ],
  });
  expect(asEnvironment({ name: 'qa', branch: 'next' }, [], manifests)).not.toHaveProperty('deployments');
});
