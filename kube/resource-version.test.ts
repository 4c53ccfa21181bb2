import { expect, it } from 'vitest';
import { isOlderVersion } from './resource-version.ts';

it.each([
  ['9', '10', true],
  ['10', '9', false],
  ['10', '10', false],
  // Larger than the integers that a number can hold.
  ['9007199254740992', '9007199254740993', true],
  ['', '10', false],
  ['a1', '10', false],
])('version %j is older than %j: %s', (version, than, older) => {
  expect(isOlderVersion(version, than)).toBe(older);
});
