import { expect, it } from 'vitest';
import { lastLines } from './check.ts';

it('a dry run by a push says why git rejects it, and one by a command has no git', () => {
  expect(lastLines({ kind: 'push' })).toEqual([
    'Dry run: no errors found; nothing is built or changed, so git reports the push as rejected',
    'To deploy, push again without -o dry-run',
  ]);
  expect(lastLines({ kind: 'rollback' })).toEqual([
    'Dry run: no errors found; nothing is built or changed',
    'To deploy, leave out --dry-run',
  ]);
});
