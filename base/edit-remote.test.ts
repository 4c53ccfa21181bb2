import { expect, it } from 'vitest';
import { editRemote, namingRemote } from './edit-remote.ts';

const remote = { namespace: 'shop', name: 'app' };

it('a hint about a Remote names that of the deploy, once', () => {
  const named = namingRemote(`set spec.branch: ${editRemote}`, remote);
  expect(named).toBe('set spec.branch: kubectl -n shop edit remote app');
  expect(namingRemote(named, remote)).toBe(named);
});
