import { describe, expect, it } from 'vitest';
import type { Release } from '../git/release.ts';
import { givenUpLine } from './given-up.ts';

const verdicts = [{ ref: 'refs/heads/main', ok: true }] as const;
const release = { number: 7, record: {} } as Release;

describe('the last line of a push whose hook has died', () => {
  it.each([
    [{ kind: 'released', release, releases: [] }, 'releases/7 runs, although git says that main is rejected'],
    [{ kind: 'unchanged' }, 'main is what runs, although git says that main is rejected'],
    [{ kind: 'built' }, 'the images are built, although git says that main is rejected'],
  ] as const)('says what is so of $0.kind', (outcome, expected) => {
    expect(givenUpLine('main', { verdicts, outcome })).toContain(expected);
  });

  it('takes back what was said of a release whose branch only git could move', () => {
    const afterGit = async () => ({ kind: 'built' }) as const;
    const line = 'main is rejected after all: the previous version is restored';
    expect(givenUpLine('main', { verdicts, afterGit })).toBe(line);
  });

  it('says that a rollback runs whose pushed ref git was to move', () => {
    const afterGit = async () => ({ kind: 'built' }) as const;
    const line = givenUpLine('refs/rollback/3', {
      verdicts,
      outcome: { kind: 'released', release, releases: [] },
      afterGit,
    });
    expect(line).toContain('releases/7 runs, although git says that refs/rollback/3 is rejected');
  });

  it('names the branches that are deleted, and no ref that is not', () => {
    const refused = { ref: 'refs/heads/kept', ok: false, reason: 'it moved' } as const;
    const deleted = { ref: 'refs/heads/old', ok: true } as const;
    expect(givenUpLine(undefined, { verdicts: [deleted, refused] })).toContain('deleted old, although git says');
    expect(givenUpLine(undefined, { verdicts: [refused] })).toBeUndefined();
  });
});
