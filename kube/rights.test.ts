import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { neededRights, rightsTable } from './rights.ts';

const words = (cell = '') => cell.trim().split(/, /);

describe('the rights of the server', () => {
  it('are those of the table in README.md', () => {
    const text = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
    const rows = [...text.matchAll(/^\| (core|[a-z0-9.]+) \| ([^|]+) \| ([^|]+) \| [^|]+ \| ([^|]+) \|$/gm)];
    const documented = rows.map(([, group, resources, verbs]) => ({
      group: group === 'core' ? '' : group,
      resources: words(resources),
      verbs: words(verbs),
    }));
    expect(rightsTable.map(({ group, resources, verbs }) => ({ group, resources, verbs }))).toEqual(documented);
  });

  it('are needed in the namespaces that are served, and in the whole cluster when these are all', () => {
    const namespaces = (served: string[]) =>
      new Set(neededRights({ namespaces: served }).map((right) => right.namespace));
    expect([...namespaces(['a', 'b'])]).toEqual(['a', 'b']);
    expect([...namespaces([])]).toEqual([undefined]);
  });

  it('are limited to one name where that is enough', () => {
    const hostKeySecret = { namespace: 'gitkube', name: 'host-key' };
    const rights = neededRights({ namespaces: ['a'], hostKeySecret }).filter(
      ({ namespace }) => namespace === 'gitkube',
    );
    expect(rights.map(({ verb, name }) => [verb, name])).toEqual([
      ['get', 'host-key'],
      ['create', undefined],
    ]);
  });

  it('do not cover Leases of other programs', () => {
    const rights = neededRights({ namespaces: [] }).filter(({ resource }) => resource === 'leases');
    expect(rights.map(({ verb, name }) => [verb, name])).toEqual([
      ['list', 'gitkube'],
      ['watch', 'gitkube'],
      ['create', undefined],
      ['update', 'gitkube'],
    ]);
  });
});
