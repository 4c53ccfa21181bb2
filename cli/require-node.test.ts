import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import manifest from '../package.json' with { type: 'json' };

const entries = ['gitkube.ts', 'kubectl-complete.ts'];

it.each(entries)('%s names the Node that it needs when it runs in an old one', (entry) => {
  const pretend =
    'for (const [of, key, value] of [[process.versions, "node", "20.20.2"], [process, "version", "v20.20.2"]])' +
    'Object.defineProperty(of, key, { value })';
  const args = ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, join(import.meta.dirname, entry)];
  const { status, stderr, stdout } = spawnSync(process.execPath, [...args, 'version'], { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^error: gitkube needs Node\.js 24 or newer, and this is v20\.20\.2\nhint: .*\n$/);
  expect(manifest.engines.node).toBe('>=24');
});

it.each([...entries, 'require-node.ts'])('%s has only syntax that an old Node can parse', (file) => {
  const code = readFileSync(join(import.meta.dirname, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\/\/.*$/gm, '');
  const imported = [...code.matchAll(/^import .* from '(.*)'/gm)].map(([, from]) => from);
  expect(imported).toEqual(file === 'require-node.ts' ? [] : ['./require-node.ts']);
  expect(code).not.toMatch(/\bawait\b|\busing\b|\?\?|\?\.|\|\|=|\d_\d|#\w+[ (=;]/);
});
