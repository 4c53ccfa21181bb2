import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { longest } from './longest-first.ts';

it('the end-to-end files that start first exist, each once', () => {
  const root = join(import.meta.dirname, '../..');
  expect(longest.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  expect(new Set(longest).size).toBe(longest.length);
});
