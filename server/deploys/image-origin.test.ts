import { describe, expect, it } from 'vitest';
import type { Release } from '../git/release.ts';
import { type OriginFacts, originOf } from './image-origin.ts';

const release = (number: number, commit: string) => ({ number, commit, record: {} }) as Release;
const releases = [release(3, 'ccc'), release(2, 'bbb'), release(1, 'aaa')];
const none = { noCache: false, skipDeploy: false };
const facts = (changes: Partial<OriginFacts>, all = releases): OriginFacts => {
  const { commit, current } = { commit: 'ddd', current: 'ccc', ...changes };
  return {
    remoteId: 'default/app',
    environment: '',
    commit,
    current,
    earlier: all.find((one) => one.commit === commit),
    running: all.find((one) => one.commit === current),
    options: none,
    isForward: true,
    isBehind: false,
    isShallow: false,
    ...changes,
  };
};

describe('the images of a push', () => {
  it.each([
    ['a commit on top of what runs', {}],
    ['the first push of all', { current: undefined }],
    ['a released commit on a branch that is new', { commit: 'ccc', current: undefined }],
    ['what is there already', { commit: 'ccc' }],
    ['a commit whose history a shallow clone does not have', { isForward: false, isShallow: true }],
  ])('of %s are built, without a note', (_, changes) => {
    expect(originOf(facts(changes))).toEqual({ kind: 'build' });
  });

  it('of a commit that is no release and does not contain what runs are built, and it says so', () => {
    expect(originOf(facts({ isForward: false }))).toEqual({
      kind: 'build',
      note: 'ddd does not contain ccc (releases/3), which runs, and is no release of default/app: it is built like any other commit',
    });
    expect(originOf(facts({ isForward: false, current: 'zzz' }))).toMatchObject({
      note: expect.stringContaining('does not contain zzz, which runs'),
    });
  });

  it('of a commit that was released are those of the newest release of it', () => {
    const twice = [release(4, 'aaa'), ...releases];
    const origin = originOf(facts({ commit: 'aaa', isForward: false }, twice));
    expect(origin).toMatchObject({ kind: 'release', release: { number: 4 } });
  });

  it('of a released commit between what runs and the newest one are recorded, too', () => {
    const origin = originOf(facts({ commit: 'bbb', current: 'aaa', isForward: true, isBehind: true }));
    expect(origin).toMatchObject({ kind: 'release', release: { number: 2 } });
  });

  it('of the newest commit, pushed again after a rollback, are those that the Remote names now', () => {
    const origin = originOf(facts({ commit: 'ccc', current: 'aaa' }));
    expect(origin).toMatchObject({ kind: 'build', note: expect.stringContaining('refs/rollback/3') });
  });

  it.each(['noCache', 'skipDeploy'] as const)('of a released commit with %s are built', (option) => {
    const options = { ...none, [option]: true };
    const origin = originOf(facts({ commit: 'aaa', isForward: false, options }));
    expect(origin).toMatchObject({ kind: 'build', note: 'aaa is releases/1: it is built again' });
  });

  it('that is older than what runs is known to be, where it is built again', () => {
    const origin = (isForward: boolean, isBehind: boolean) =>
      originOf(facts({ commit: 'aaa', isForward, isBehind, options: { ...none, noCache: true } }));
    expect(origin(false, false)).toMatchObject({ kind: 'build', older: { number: 1 } });
    expect(origin(true, true)).toMatchObject({ kind: 'build', older: { number: 1 } });
    expect(origin(true, false)).not.toHaveProperty('older');
  });
});
