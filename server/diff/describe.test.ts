import { expect, it } from 'vitest';
import type { AnyObject } from '../../kube/index.ts';
import { describeChanges } from './describe.ts';

it('the first changes of an object are described as wide as they are, and the others counted', async () => {
  const config = (value: string, size: number): AnyObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c' },
    data: Object.fromEntries(Array.from({ length: size }, (_, n) => [`f1${'0'.repeat(n)}`, value])),
  });
  const describe = await describeChanges({ getSecret: async () => undefined }, { namespace: 'ns' });
  const lines = describe(config('a', 29), config('b', 29));
  expect(lines).toHaveLength(21);
  expect(lines[19]).toBe(`  data.f1${'0'.repeat(19)}   a  →  b`);
  expect(lines[20]).toBe('  and 9 fields more');
  expect(describe(config('a', 1), config('b', 1))).toEqual(['  data.f1   a  →  b']);
  expect(describe(config('a', 1), config('a', 1))).toEqual([]);
});
