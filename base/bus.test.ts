import { describe, expect, it, vi } from 'vitest';
import { Bus } from './bus.ts';

type Event = { kind: 'counted'; count: number } | { kind: 'named'; name: string };

function setUp() {
  const log = { error: vi.fn() };
  return { log, bus: new Bus<Event>(log) };
}

describe('a bus', () => {
  it('passes each event to the subscribers of its kind, in their order', () => {
    const { bus } = setUp();
    const heard: unknown[] = [];
    bus.on('counted', ({ count }) => heard.push(['first', count]));
    bus.on('counted', ({ count }) => heard.push(['second', count]));
    bus.on('named', ({ name }) => heard.push(name));
    bus.emit({ kind: 'counted', count: 1 });
    bus.emit({ kind: 'named', name: 'www' });
    expect(heard).toEqual([['first', 1], ['second', 1], 'www']);
  });

  it('passes nothing to a subscription that has ended', () => {
    const { bus } = setUp();
    const listener = vi.fn();
    const end = bus.on('counted', listener);
    end();
    end();
    bus.emit({ kind: 'counted', count: 1 });
    expect(listener).not.toHaveBeenCalled();
  });

  it('logs a subscriber that throws, and goes on with the others', () => {
    const { bus, log } = setUp();
    const err = new Error('no');
    const listener = vi.fn();
    bus.on('counted', () => {
      throw err;
    });
    bus.on('counted', listener);
    bus.emit({ kind: 'counted', count: 1 });
    expect(listener).toHaveBeenCalledWith({ kind: 'counted', count: 1 });
    expect(log.error).toHaveBeenCalledWith({ err, event: 'counted' }, 'a subscriber failed');
  });
});
