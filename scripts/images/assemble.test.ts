import { expect, it } from 'vitest';
import { productionPackages } from './assemble.ts';

it('the image has the packages that the server needs, and none that only its tests or an optional addon need', () => {
  const lock = {
    '': {},
    'node_modules/pino': {},
    'node_modules/pino/node_modules/split2': {},
    'node_modules/vitest': { dev: true },
    'node_modules/undici-types': { devOptional: true },
    'node_modules/cpu-features': { optional: true },
  };
  expect(productionPackages(lock)).toEqual(['node_modules/pino', 'node_modules/pino/node_modules/split2']);
});
