import { expect, it } from 'vitest';
import { nearest } from './nearest.ts';

const words = ['status', 'releases', 'rollback', 'logs', 'diff', 'lock', 'unlock', 'run'];

it.each([
  ['statsu', 'status'],
  ['stat', undefined],
  ['release', 'releases'],
  ['rolback', 'rollback'],
  ['log', 'logs'],
  ['dif', 'diff'],
  ['fidf', undefined],
  ['unlok', 'unlock'],
  ['rnu', 'run'],
  ['', undefined],
  ['ls', undefined],
  ['deploy', undefined],
])('%j is nearest to %s', (slip, word) => {
  expect(nearest(slip, words)).toBe(word);
});

it.each([
  ['wwww', ['www', 'api'], 'www'],
  ['ap', ['app'], 'app'],
  ['frontend', ['frontned', 'backend'], 'frontned'],
  ['www', ['database'], undefined],
])('%s among %j is nearest to %s', (slip, candidates, word) => {
  expect(nearest(slip, candidates)).toBe(word);
});

it('no name is nearest where there is none', () => {
  expect(nearest('status', [])).toBeUndefined();
});
