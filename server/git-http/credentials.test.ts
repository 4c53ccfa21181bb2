import { expect, it } from 'vitest';
import { tokenOf } from './credentials.ts';

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

it.each([
  [basic('ci:gk_1'), 'gk_1'],
  [basic(':gk_1'), 'gk_1'],
  [basic('ci:a:b'), 'a:b'],
  [basic('ci:gk_1').replace('Basic', 'basic'), 'gk_1'],
  ['Bearer gk_1', 'gk_1'],
  [undefined, undefined],
  ['', undefined],
  ['Basic', undefined],
  [basic('gk_1'), undefined],
  [basic('ci:'), undefined],
  ['Digest gk_1', undefined],
  ['Bearer gk_1 gk_2', undefined],
  [`Bearer ${'0'.repeat(9000)}`, undefined],
])('of %j it is %j', (header, token) => {
  expect(tokenOf(header)).toBe(token);
});
