import type { Command } from 'commander';
import { expect, it } from 'vitest';
import type { KubeAdmin } from '../../kube/index.ts';
import { environmentId, readRemoteId } from './id.ts';

const admin = { namespace: 'here' } as unknown as KubeAdmin;
const command = (namespace?: string) => ({ optsWithGlobals: () => ({ namespace }) }) as unknown as Command;

it.each([
  ['shop/app', 'shop/app'],
  ['shop/app/staging', 'shop/app/staging'],
])('%s is the id %s', (text, id) => {
  expect(environmentId(command('shop'), admin, text)).toBe(id);
});

it.each(['shop/app/staging/x', 'shop//staging', '/app/staging', 'shop/app/'])('%s is none', (text) => {
  expect(() => environmentId(command('shop'), admin, text)).toThrow('is not [namespace/]name');
});

it('an environment of another namespace than -n names is refused, and one where a whole Remote is meant', () => {
  expect(() => environmentId(command('other'), admin, 'shop/app/staging')).toThrow(
    'is in namespace shop, but -n says other',
  );
  expect(() => readRemoteId('shop/app/staging', 'shop', 'shop/app/staging')).toThrow(
    'shop/app/staging is an environment',
  );
});
