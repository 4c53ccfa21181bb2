import { expect, it } from 'vitest';
import { readPointer } from './pointer.ts';

const oid = '4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393';
const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize 12345\n`;

it('a pointer names its content and how long that is', () => {
  expect(readPointer(Buffer.from(pointer))).toEqual({ oid, size: 12345 });
});

it.each(['https://hawser.github.com/spec/v1', 'http://git-media.io/v/2'])(
  'one of an older client, %s, is one',
  (url) => {
    expect(readPointer(Buffer.from(pointer.replace('https://git-lfs.github.com/spec/v1', url)))).toEqual({
      oid,
      size: 12345,
    });
  },
);

it('one with an extension is marked as such', () => {
  const extended = pointer.replace('oid', `ext-0-foo sha256:${oid}\noid`);
  expect(readPointer(Buffer.from(extended))).toEqual({ oid, size: 12345, isExtended: true });
});

it.each([
  ['an empty file', ''],
  ['a file that is cut off', pointer.slice(0, -8)],
  ['another version', pointer.replace('v1', 'v2')],
  ['an oid that is too short', pointer.replace(oid, '4d7a')],
  ['no size', pointer.replace('12345', '-1')],
  ['more behind it', `${pointer}more\n`],
  ['Windows newlines', pointer.replaceAll('\n', '\r\n')],
  ['a page of text', `${pointer}${'x'.repeat(1024)}`],
])('%s is none', (_what, text) => {
  expect(readPointer(Buffer.from(text))).toBeUndefined();
});
