import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Metrics } from './metrics.ts';

const file = join(import.meta.dirname, '../../manifests/chart/dashboards/gitkube.json');
const dashboard = readFileSync(file, 'utf8');
const metrics = new Metrics('1');

it('the dashboard asks only for metrics that there are, and shows each of ours', () => {
  const { panels } = JSON.parse(dashboard) as { panels: { targets: { expr: string }[] }[] };
  const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  const asked = expressions.flatMap((expr) => expr.match(/\b(?:gitkube|process|nodejs)_[a-z0-9_]+/g) ?? []);
  const names = new Set(asked.map((name) => name.replace(/_(bucket|sum|count)$/, '')));
  expect([...names].filter((name) => !metrics.names.includes(name))).toEqual([]);
  const ours = metrics.names.filter((name) => name.startsWith('gitkube_'));
  expect(ours.filter((name) => !names.has(name))).toEqual([]);
});
