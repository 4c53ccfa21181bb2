import { expect, it } from 'vitest';
import { actsOf } from './acts.ts';
import type { PushedRefs } from './refs.ts';

const principal = { fingerprint: 'mine', name: 'me' };
const command = (ref: string) => ({ ref, oldOid: '1', newOid: '2' });
const nothing: PushedRefs = { deploy: undefined, deletions: [], stored: [], ignored: [] };

it.each<[string, Partial<PushedRefs>, object[]]>([
  [
    'a branch',
    { deploy: { ...command('refs/heads/main'), branch: 'main', environment: '' } },
    [{ verb: 'push', branches: ['main'] }],
  ],
  [
    'a rollback',
    { deploy: { ...command('refs/rollback/7'), branch: 'main', environment: '', rollbackTo: 7 } },
    [{ verb: 'rollback', branches: ['main'] }],
  ],
  [
    'the deletion of a branch',
    { deletions: [command('refs/heads/old/one')] },
    [{ verb: 'push', branches: ['old/one'], refs: ['refs/heads/old/one'] }],
  ],
  [
    'the deletion of what was built of a branch',
    { stored: [command('refs/builds/main')] },
    [{ verb: 'push', branches: ['main'], refs: ['refs/builds/main'] }],
  ],
  [
    'tags',
    { stored: [command('refs/tags/v1'), command('refs/tags/v2')] },
    [{ verb: 'push', refs: ['refs/tags/v1', 'refs/tags/v2'] }],
  ],
  [
    'a branch with a tag',
    { deploy: { ...command('refs/heads/main'), branch: 'main', environment: '' }, stored: [command('refs/tags/v1')] },
    [
      { verb: 'push', branches: ['main'] },
      { verb: 'push', refs: ['refs/tags/v1'] },
    ],
  ],
  ['tags of releases alone', { ignored: [command('refs/tags/releases/1')] }, [{ verb: 'send' }]],
])('a push of %s', (_what, refs, acts) => {
  expect(actsOf({ ...nothing, ...refs }, principal)).toEqual(acts.map((act) => ({ principal, ...act })));
});
