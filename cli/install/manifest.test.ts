import { expect, it } from 'vitest';
import { changeObjects, installObjects } from './manifest.ts';

it('an installation in another namespace names nothing of the namespace gitkube', async () => {
  const moved = changeObjects(await installObjects(), { namespace: 'team' });
  expect(JSON.stringify(moved).match(/"gitkube\/[^"]*"/g)).toBeNull();
  expect(moved.flatMap(({ metadata }) => metadata.namespace ?? [])).not.toContain('gitkube');
});
