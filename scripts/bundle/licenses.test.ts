import { join } from 'node:path';
import { expect, it } from 'vitest';
import { licensesOf } from './licenses.ts';

const root = join(import.meta.dirname, '../..');
const at = (path: string) => join(root, 'node_modules', path);

it('the licenses name each package once, with the text of its license', () => {
  const text = licensesOf([at('pino/pino.js'), at('pino/lib/proto.js'), at('@kubernetes/client-node/dist/index.js')]);
  expect(text.match(/^\S+ \d+\.\d+\.\d+: .*$/gm)).toEqual([
    expect.stringMatching(/^@kubernetes\/client-node .*: Apache-2\.0$/),
    expect.stringMatching(/^pino .*: MIT$/),
  ]);
  expect(text).toContain('Permission is hereby granted');
});

it('the licenses have the package above a folder that only has a module type', () => {
  expect(licensesOf([at('zod/v4/index.js')])).toMatch(/^zod \d/);
});

it('the licenses leave out what is no package', () => {
  expect(licensesOf([join(root, 'cli/gitkube.ts'), '\0rolldown/runtime.js'])).toBe('');
});
