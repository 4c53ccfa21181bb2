import { expect, it } from 'vitest';
import { readContainer } from './parse-container.ts';
import { container } from './schema-images.ts';

it('a container has its defaults, and no secrets where it names none', () => {
  const defaults = { name: 'web', path: '.', dockerfile: 'Dockerfile', buildArgs: [] };
  expect(readContainer({ name: 'web' })).toEqual(defaults);
  expect(readContainer({ name: 'web', path: '', secrets: [] })).toEqual(defaults);
  const secrets = [{ name: 'npmrc', secret: 'npm', key: '.npmrc' }];
  expect(readContainer({ name: 'web', secrets })).toEqual({ ...defaults, secrets });
});

it.each([
  ['an id that has options of its own', { name: 'a,uid=0', secret: 'npm', key: 'k' }],
  ['a Secret of another namespace', { name: 'a', secret: 'other/npm', key: 'k' }],
  ['a Secret without a name', { name: 'a', secret: '', key: 'k' }],
  ['a key that no Secret has', { name: 'a', secret: 'npm', key: 'a/b' }],
])('a secret of a build with %s is invalid', (_, secret) => {
  expect(container.safeParse({ name: 'web', secrets: [secret] }).success).toBe(false);
});
