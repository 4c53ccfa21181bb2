import { describe, expect, it } from 'vitest';
import { type BuildKeyInputs, buildArgs, buildKey, predefinedArgs } from './build-key.ts';

const container = { name: 'web', path: '.', dockerfile: 'Dockerfile', buildArgs: [] };
const base: BuildKeyInputs = {
  contextTree: 'a'.repeat(40),
  dockerfileBlob: 'b'.repeat(40),
  platform: 'linux/amd64',
  target: { deployment: 'www', container },
  buildArgs: {},
};

function withArgs(...args: [string, string][]): BuildKeyInputs {
  return { ...base, buildArgs: Object.fromEntries(args) };
}

function withSecrets(...secrets: [string, string, string][]): BuildKeyInputs {
  const named = secrets.map(([name, secret, key]) => ({ name, secret, key }));
  return { ...base, target: { deployment: 'www', container: { ...container, secrets: named } } };
}

function argsOf(own: [string, string][], predefined = {}, declared: string[] = []): Record<string, string> {
  const pairs = own.map(([name, value]) => ({ name, value }));
  const target = { deployment: 'www', container: { ...container, buildArgs: pairs } };
  return buildArgs(target, predefined, new Set(declared));
}

describe('buildKey', () => {
  it.each<[string, BuildKeyInputs]>([
    ['the context', { ...base, contextTree: 'c'.repeat(40) }],
    ['the Dockerfile', { ...base, dockerfileBlob: 'c'.repeat(40) }],
    ['the ignore file', { ...base, ignoreBlob: 'c'.repeat(40) }],
    ['the platform', { ...base, platform: 'linux/arm64' }],
    ['the target', { ...base, target: { deployment: 'www', container: { ...container, target: 'prod' } } }],
    ['a build arg', withArgs(['A', ''])],
    ['a secret', withSecrets(['rc', 'npm', 'rc'])],
  ])('changes with %s', (_, inputs) => {
    expect(buildKey(inputs)).not.toBe(buildKey(base));
  });

  it('does not change with what the image does not depend on', () => {
    const moved = { ...container, name: 'other', path: 'x', dockerfile: 'y' };
    expect(buildKey({ ...base, target: { deployment: 'z', container: moved } })).toBe(buildKey(base));
    expect(buildKey(withArgs(['A', '1'], ['B', '2']))).toBe(buildKey(withArgs(['B', '2'], ['A', '1'])));
  });

  it('changes with each part of a secret, and not with their order', () => {
    const named: [string, string, string] = ['rc', 'npm', 'rc'];
    for (const other of [
      ['x', 'npm', 'rc'],
      ['rc', 'x', 'rc'],
      ['rc', 'npm', 'x'],
    ] as const) {
      expect(buildKey(withSecrets([...other]))).not.toBe(buildKey(withSecrets(named)));
    }
    const two = withSecrets(named, ['a', 'npm', 'a']);
    expect(buildKey(two)).toBe(buildKey(withSecrets(['a', 'npm', 'a'], named)));
    expect(buildKey(withSecrets())).toBe(buildKey(base));
  });

  it('keeps names and values apart', () => {
    expect(buildKey(withArgs(['A', '1,B=2']))).not.toBe(buildKey(withArgs(['A', '1'], ['B', '2'])));
  });

  it('stays the same from version to version of Gitkube, or every image is built again', () => {
    expect(buildKey(base)).toMatchInlineSnapshot(`"dd74a0361c8325760bef8548b1145b8f7157d2c32a64fd5b153d5e3bdc5b0bbc"`);
  });
});

describe('buildArgs', () => {
  it.each(['plain', 'with space', '"quoted"', "it's", '$HOME', 'a=b', '', 'two\nlines', 'grün 🚢', '\\', '%20&x=y'])(
    'passes on %j as it is',
    (value) => {
      expect(argsOf([['A', value]])).toEqual({ A: value });
    },
  );

  it('takes __proto__ for a name like any other', () => {
    expect(Object.keys(argsOf([['__proto__', 'x']]))).toEqual(['__proto__']);
  });

  it('has the predefined arguments that the Dockerfile declares, and the Remote wins', () => {
    const predefined = predefinedArgs('c'.repeat(40), 'main');
    expect(argsOf([], predefined, ['A'])).toEqual({});
    expect(argsOf([], predefined, ['GITKUBE_BRANCH', 'A'])).toEqual({ GITKUBE_BRANCH: 'main' });
    expect(argsOf([['GITKUBE_COMMIT', 'own']], predefined, ['GITKUBE_COMMIT'])).toEqual({ GITKUBE_COMMIT: 'own' });
    expect(predefinedArgs('c'.repeat(40), undefined)).toEqual({ GITKUBE_COMMIT: 'c'.repeat(40) });
  });
});
