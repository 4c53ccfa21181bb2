import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bytesOfText } from '../../base/byte-string.ts';
import { checkSchemas } from './chart-schemas.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitkube-schemas-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function check(files: Readonly<Record<string, string>>): Promise<string[]> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return checkSchemas({ folder, top: folder, topPath: 'chart', files: Object.keys(files).map(bytesOfText) });
}

it.each([
  '{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"$ref": "#/definitions/a"}}}',
  '{"$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": "#a"}',
  '{"properties": {"$ref": {"type": "string"}}}',
  '\ufefftrue',
])('a schema that refers to itself is accepted: %s', async (text) => {
  expect(await check({ 'values.schema.json': text })).toEqual([]);
});

it.each([
  '{"$ref": "file:///etc/passwd"}',
  '{"\\u0024ref": "other.json"}',
  '{"properties": {"a": {"items": [{"$ref": "http://127.0.0.1:8080/"}]}}}',
  '{"$dynamicRef": "http://127.0.0.1/#a"}',
  '{"$schema": "file:///etc/passwd"}',
  `${'{"a":'.repeat(300)}1${'}'.repeat(300)}`,
])('a schema that refers elsewhere is refused: %s', async (text) => {
  await expect(check({ 'charts/sub/values.schema.json': text })).rejects.toThrow(
    'chart/charts/sub/values.schema.json refers to',
  );
});

it('a schema that is not JSON is refused, and archives are reported', async () => {
  await expect(check({ 'values.schema.json': 'type: object' })).rejects.toThrow('chart/values.schema.json is no JSON');
  expect(await check({ 'values.schema.json': '{}', 'charts/redis-1.0.0.tgz': '' })).toEqual([
    'chart/charts/redis-1.0.0.tgz',
  ]);
});
