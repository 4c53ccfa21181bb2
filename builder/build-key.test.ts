import { describe, expect, it } from 'vitest';
import { type BuildKeyInputs, buildArgs, buildKey } from './build-key.ts';

const container = { name: 'web', path: '.', dockerfile: 'Dockerfile', buildArgs: [] };
const base: BuildKeyInputs = {
  contextTree: 'a'.repeat(40),
  dockerfileBlob: 'b'.repeat(40),
  platform: 'linux/amd64',
  target: { deployment: 'www', container },
};

function withArgs(...args: [string, string][]): BuildKeyInputs {
  const pairs = args.map(([name, value]) => ({ name, value }));
  return { ...base, target: { deployment: 'www', container: { ...container, buildArgs: pairs } } };
}

describe('buildKey', () => {
  it.each<[string, BuildKeyInputs]>([
    ['the context', { ...base, contextTree: 'c'.repeat(40) }],
    ['the Dockerfile', { ...base, dockerfileBlob: 'c'.repeat(40) }],
    ['the ignore file', { ...base, ignoreBlob: 'c'.repeat(40) }],
    ['the platform', { ...base, platform: 'linux/arm64' }],
    ['the target', { ...base, target: { deployment: 'www', container: { ...container, target: 'prod' } } }],
    ['a build arg', withArgs(['A', ''])],
  ])('changes with %s', (_, inputs) => {
    expect(buildKey(inputs)).not.toBe(buildKey(base));
  });

  it('does not change with what the image does not depend on', () => {
    const moved = { ...container, name: 'other', path: 'x', dockerfile: 'y' };
    expect(buildKey({ ...base, target: { deployment: 'z', container: moved } })).toBe(buildKey(base));
    expect(buildKey(withArgs(['A', '1'], ['B', '2']))).toBe(buildKey(withArgs(['B', '2'], ['A', '1'])));
  });

  it('keeps names and values apart', () => {
    expect(buildKey(withArgs(['A', '1,B=2']))).not.toBe(buildKey(withArgs(['A', '1'], ['B', '2'])));
  });

  it('stays the same from version to version of Gitkube, or every image is built again', () => {
    expect(buildKey(base)).toMatchInlineSnapshot(`"123e4387b1baee730e6fa78d76cfb606152375881ec5c9c3d8f8435f5b0e36ee"`);
  });
});

describe('buildArgs', () => {
  it.each(['plain', 'with space', '"quoted"', "it's", '$HOME', 'a=b', '', 'two\nlines', 'grün 🚢', '\\', '%20&x=y'])(
    'hands over %j as it is',
    (value) => {
      expect(buildArgs(withArgs(['A', value]).target)).toEqual({ A: value });
    },
  );

  it('takes __proto__ for a name like any other', () => {
    expect(Object.keys(buildArgs(withArgs(['__proto__', 'x']).target))).toEqual(['__proto__']);
  });
});
