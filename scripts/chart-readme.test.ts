import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { expect, it } from 'vitest';
import { valueRows } from './chart-readme.ts';

const text = readFileSync(new URL('../manifests/chart/values.yaml', import.meta.url), 'utf8');
const schema = JSON.parse(readFileSync(new URL('../manifests/chart/values.schema.json', import.meta.url), 'utf8'));

function leaves(value: unknown, path: readonly string[] = []): string[] {
  const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isGroup || Object.keys(value).length === 0) return [path.join('.')];
  return Object.entries(value).flatMap(([key, each]) => leaves(each, [...path, key]));
}

it('the README of the chart has a row for each value', () => {
  const names = valueRows(text).map((row) => /^\| `([^`]+)`/.exec(row)?.[1] ?? row);
  const values = leaves(load(text));
  expect(values.length).toBeGreaterThan(80);
  // A map on one line is one row.
  const missing = values.filter((value) => !names.some((name) => name === value || value.startsWith(`${name}.`)));
  expect(missing).toEqual([]);
});

it('each group of values of the README is in the schema', () => {
  expect(Object.keys(load(text) as object).filter((name) => !(name in schema.properties))).toEqual([]);
});

it('the README of the chart shows default, path and comment', () => {
  const yaml = '# About a.\na:\n  # One\n  # of two.\n  b: 3\n  c: ""\n\n# Nothing.\n\nd: {e: 1}\n';
  expect(valueRows(yaml)).toEqual([
    '| `a` |  | About a. |',
    '| `a.b` | `3` | One of two. |',
    '| `a.c` | `""` |  |',
    '| `d` | `{e: 1}` |  |',
  ]);
});
