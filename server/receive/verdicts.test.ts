import { describe, expect, it, vi } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import type { Repository } from '../git/repository.ts';
import { deployVerdict, otherVerdicts } from './verdicts.ts';

const revision = { oldOid: '0', oid: 'pushed', ref: 'refs/rollback/7', branch: 'main', rollbackTo: 7, git: {} };
const repository = { environment: '' } as Repository;
const rollback = { repository, revision, commit: 'released', current: 'before', isShallow: false, isKnown: true };

describe('the answer to git', () => {
  it('for a push is that its branch has moved, or that git is to move it', () => {
    const push = { ...rollback, revision: { oldOid: '0', oid: 'a', ref: 'refs/heads/main', branch: 'main', git: {} } };
    expect(deployVerdict(push)).toEqual({ ref: 'refs/heads/main', ok: true });
    expect(deployVerdict({ ...push, isShallow: true })).toMatchObject({ options: { 'fall-through': '' } });
  });

  it('for a rollback by number is which branch has moved where', () => {
    expect(deployVerdict(rollback)).toEqual({
      ref: 'refs/rollback/7',
      ok: true,
      options: { refname: 'refs/heads/main', 'old-oid': 'before', 'new-oid': 'released', 'forced-update': '' },
    });
  });

  it('for a rollback to a commit that the pusher does not have names no commit: git could not point dev/main there', () => {
    const pushed = { ...revision, ref: 'refs/heads/main' };
    expect(deployVerdict({ ...rollback, revision: pushed, isKnown: false })).toEqual({
      ref: 'refs/heads/main',
      ok: true,
      options: { refname: 'refs/rollback/7' },
    });
  });

  it('for release tags of another Remote is a name that is no release of this one', async () => {
    const ignored = [{ oldOid: '0', newOid: 'a', ref: 'refs/tags/releases/9' }];
    expect(await otherVerdicts({ deleteBranch: vi.fn() }, { deletions: [], ignored }, ignored)).toEqual([
      { ref: 'refs/tags/releases/9', ok: true, options: { refname: 'refs/ignored/releases/9' } },
    ]);
  });

  it('for a branch that could not be deleted is the reason, and the deploy beside it is not affected', async () => {
    const deletions = [{ oldOid: 'a', newOid: '0', ref: 'refs/heads/old' }];
    const deleteBranch = vi.fn().mockRejectedValue(new GitkubeError('GitFailed', 'it moved'));
    expect(await otherVerdicts({ deleteBranch }, { deletions, ignored: [] }, deletions)).toEqual([
      { ref: 'refs/heads/old', ok: false, reason: 'it moved' },
    ]);
    expect(await otherVerdicts({ deleteBranch }, { deletions, ignored: [] }, [])).toEqual([]);
  });
});
