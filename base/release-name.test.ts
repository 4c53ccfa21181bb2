import { expect, it } from 'vitest';
import { parseReleaseName, releaseName, releaseOf, rollbackRef } from './release-name.ts';

it('a release is named with its environment, but for that without a name', () => {
  expect([releaseName(7), releaseName(7, 'qa')]).toEqual(['releases/7', 'releases/qa/7']);
  expect([rollbackRef(7), rollbackRef('<number>', 'qa')]).toEqual(['refs/rollback/7', 'refs/rollback/qa/<number>']);
  expect([releaseOf('shop/app', 7), releaseOf('shop/app/qa', 7)]).toEqual(['releases/7', 'releases/qa/7']);
});

it.each([
  ['7', { number: 7 }],
  ['releases/7', { number: 7, environment: '' }],
  ['releases/qa/7', { number: 7, environment: 'qa' }],
  ['qa/7', undefined],
  ['releases/7/7', undefined],
  ['1234567890', undefined],
])('%s is read', (text, read) => {
  expect(parseReleaseName(text)).toEqual(read);
});
