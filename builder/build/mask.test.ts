import { expect, it } from 'vitest';
import { maskOf } from './mask.ts';

const secrets = (...values: string[]) => new Map(values.map((value, at) => [String(at), Buffer.from(value)]));

it.each([
  ['hides a value wherever it is', ['s3cret$&\n'], 'a s3cret$& b s3cret$&', 'a *** b ***'],
  ['hides each line of a value that has several', ['user=ann\n  token=t0ken\n'], 'token=t0ken', '***'],
  ['hides a value that begins as another one', ['abcd', 'abcdef'], 'abcdef', '***'],
  ['leaves what is too short to be one', ['a', '\n'], 'a cat', 'a cat'],
  ['leaves everything else', ['s3cret'], 'Secret', 'Secret'],
])('the output of a build %s', (_, values, text, masked) => {
  expect(maskOf(secrets(...values))(text)).toBe(masked);
});

it('the output of a build without secrets is as it comes', () => {
  expect(maskOf(undefined)('***x')).toBe('***x');
});
