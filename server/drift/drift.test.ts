import { expect, it } from 'vitest';
import type { Release } from '../git/release.ts';
import { type Difference, describeDrift } from './drift.ts';

const release = { number: 4, record: {} } as Release;
const since = Date.UTC(2026, 0, 2, 3, 4, 5);
const words = (...differences: Difference[]) => describeDrift({ release, differences, since });
const other = { kind: 'Deployment', name: 'www', container: 'web', wants: 'a:1', runs: 'b:1' } as const;

it('drift names workload, container, and both images', () => {
  expect(words(other)).toBe('not as in releases/4 since 2026-01-02T03:04:05Z: www/web wants a:1, runs b:1');
});

it('a container that another Remote also deploys is reported with the name of that Remote', () => {
  expect(words({ ...other, rival: 'shop/api' })).toMatch(/, runs b:1 \(the Remote shop\/api also deploys it\)$/);
});

it('a workload that is gone is named once, a container by its name', () => {
  const gone = { ...other, runs: null, missing: 'workload' } as const;
  expect(words(gone, { ...gone, container: 'log' })).toMatch(/: Deployment www does not exist$/);
  expect(words({ ...gone, missing: 'container' })).toMatch(/: Deployment www has no container web any more$/);
});

it('much drift with long images is still short', () => {
  const long = (index: number) => ({
    ...other,
    name: `${index}`,
    container: 'c',
    wants: 'w'.repeat(900),
    runs: `\u001b[2J${'r'.repeat(900)}`,
  });
  const text = words(...Array.from({ length: 200 }, (_, index) => long(index)));
  expect(text.length).toBeLessThan(1000);
  expect(text).toMatch(/; and 197 more$/);
  expect(text).not.toContain('\u001b');
});
