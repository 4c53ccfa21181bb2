import { expect, it } from 'vitest';
import { silentLogger } from '../base/log.ts';
import { ManualClock } from '../test/support/manual-clock.ts';
import type { RemoteEntry } from './remote-entry.ts';
import { StatusConflictBackoff } from './status-conflict.ts';

const entry = { id: 'default/www', namespace: 'default', name: 'www', status: {} } as unknown as RemoteEntry;

it.each([
  ['back', -3_600_000],
  ['forward', 3_600_000],
])('a status that two servers write is corrected as soon when somebody sets the clock %s', (_, ms) => {
  const clock = new ManualClock();
  const remoteUrl = () => ({ url: 'ssh://git@host/default/www', description: '' });
  const conflict = new StatusConflictBackoff({ clock, log: silentLogger, remoteUrl, random: () => 0.5 });
  const repairs = { count: 0, at: Number.NEGATIVE_INFINITY };
  expect(conflict.wait(entry, repairs)).toBe(0);
  clock.setWall(ms);
  expect(conflict.wait(entry, repairs)).toBe(750);
  clock.advance(750);
  expect(conflict.wait(entry, repairs)).toBe(0);
});
