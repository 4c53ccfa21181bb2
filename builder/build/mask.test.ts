import { describe, expect, it } from 'vitest';
import { maskOf } from './mask.ts';

const secrets = (...values: string[]) => new Map(values.map((value, at) => [String(at), Buffer.from(value)]));
const hide = (values: string[], text: string) => maskOf(secrets(...values))?.hide(text) ?? text;
const npmrc = '//registry.example.com/:_authToken=npm_abc123\n';
const json = '{"auth": "dXNlcjpwYXNzd29yZA==", "user": "administrator"}';

it.each([
  ['hides a value wherever it is', ['s3cret$&\n'], 'a s3cret$& b s3cret$&', 'a *** b ***'],
  ['hides each line of a value that has several', ['user=ann\n  token=t0ken\n'], 'token=t0ken', '***'],
  ['hides each line of a value with the line ends of a Mac', ['first one\rsecond one'], 'second one', '***'],
  ['hides a value that begins as another one', ['abcd', 'abcdef'], 'abcdef', '***'],
  ['hides a value with terminal escapes inside', ['t0ken'], 'a \u001b[31mt0\u001b[0mken', 'a ***'],
  ['hides what stands behind a name', [npmrc], 'token npm_abc123', 'token ***'],
  ['leaves the names in a value', [npmrc], 'no _authToken', 'no _authToken'],
  ['hides the values in JSON, also padded ones', [json], 'dXNlcjpwYXNzd29yZA== of administrator', '*** of ***'],
  [
    'hides what begins as a long value',
    ['x'.repeat(20) + 'y'.repeat(80)],
    `${'x'.repeat(20)}${'y'.repeat(40)}z`,
    '***z',
  ],
  [
    'hides a value that is looked for in pieces',
    ['0123456789'.repeat(3000)],
    `a${'0123456789'.repeat(3000)}b`,
    'a***b',
  ],
  ['leaves what is too short to be one', ['a', '\n'], 'a cat', 'a cat'],
  ['leaves short words of a value of several lines', ['build\ntoken-of-ann\n'], 'build', 'build'],
  ['leaves everything else', ['s3cret'], 'Secret', 'Secret'],
])('the output of a build %s', (_, values, text, masked) => {
  expect(hide(values, text)).toBe(masked);
});

it('the output of a build without secrets is as it comes', () => {
  expect([maskOf(undefined), maskOf(secrets()), maskOf(secrets('abc'))]).toEqual([undefined, undefined, undefined]);
});

describe('a long line of a build with secrets', () => {
  const mask = maskOf(secrets('0123456789'));

  it.each([
    ['in front of a value', 10, 10],
    ['inside of a value', 11, 20],
    ['behind a value', 20, 20],
  ])('is cut %s', (_, at, cut) => {
    expect(mask?.after(`${'x'.repeat(10)}0123456789${'x'.repeat(20)}`, at)).toBe(cut);
  });

  it.each([
    ['end differently', (at: number) => `${'a'.repeat(4000)}${String(at).padStart(3, '0')}`],
    ['differ in length', (at: number) => `${'a'.repeat(20 * at)}${'b'.repeat(4000 - 20 * at)}`],
  ])('is searched fast for values that begin alike and %s', (_, lineOf) => {
    const hostile = maskOf(secrets(Array.from({ length: 200 }, (_, at) => lineOf(at)).join('\n')));
    const started = performance.now();
    for (let piece = 0; piece < 200; piece++) hostile?.hide('a'.repeat(8192));
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
