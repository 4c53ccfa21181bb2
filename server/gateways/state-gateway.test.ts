import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Remote } from '../../remote-crd/index.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { StateGateway } from './state-gateway.ts';

const remote = { id: 'ns/app', namespace: 'ns', name: 'app' } as Remote;
const me = { fingerprint: 'mine', name: 'me' };

/** How often the state is asked for is what it says. */
function lab() {
  const clock = new ManualClock();
  let looks = 0;
  let isListed = true;
  let changed = (_: { id: string }) => {};
  const authorize = () => {
    if (!isListed) throw new Error('no longer listed');
    return remote;
  };
  const gateway = new StateGateway({
    access: { known: async () => {}, admit: authorize, authorize },
    branches: async () => [],
    remotes: {
      byFingerprint: () => [remote],
      elsewhere: () => [],
      onChange: (listener: never) => {
        changed = listener;
        return () => {};
      },
    } as never,
    state: async () => ({ looks: ++looks }) as never,
    clock,
  });
  let redraw = () => {};
  const left = new AbortController();
  const onRedraw = (given: () => void) => {
    redraw = given;
  };
  const watch = async () => (await gateway.watch(undefined, me, onRedraw, left.signal))[Symbol.asyncIterator]();
  return {
    ...{
      clock,
      gateway,
      left,
      watch,
      redraw: () => redraw(),
      change: () => changed({ id: 'ns/app' }),
      changeOther: () => changed({ id: 'ns/b' }),
    },
    unlist: () => {
      isListed = false;
    },
  };
}

it('looks at once, whenever the Remote changes, and every two seconds', async () => {
  const { clock, watch, change, changeOther } = lab();
  const states = await watch();
  const next = async () => (await states.next()).value;
  expect(await next()).toEqual({ looks: 1 });
  clock.advance(1000);
  const second = next();
  await turn();
  changeOther();
  change();
  expect(await second).toEqual({ looks: 2 });
  // It came while the state was written to the client.
  change();
  clock.advance(250);
  expect(await next()).toEqual({ looks: 3 });
  const fourth = next();
  await turn();
  clock.advance(2000);
  expect(await fourth).toEqual({ looks: 4 });
});

it('looks four times a second at most, however often the Remote changes', async () => {
  const { clock, watch, change } = lab();
  const states = await watch();
  await states.next();
  let second: unknown;
  const next = states.next().then(({ value }) => {
    second = value;
  });
  for (let ms = 0; ms < 249; ms += 83) {
    change();
    await turn();
    clock.advance(83);
    await turn();
  }
  expect(second).toBeUndefined();
  clock.advance(1);
  await next;
  expect(second).toEqual({ looks: 2 });
});

it('shows what it has seen last once more for a terminal of another size, and asks nobody', async () => {
  const { clock, watch, redraw } = lab();
  const states = await watch();
  await states.next();
  const again = states.next();
  await turn();
  redraw();
  expect((await again).value).toEqual({ looks: 1 });
  // That delays no look.
  clock.advance(1999);
  redraw();
  expect((await states.next()).value).toEqual({ looks: 1 });
  const next = states.next();
  await turn();
  clock.advance(1);
  expect((await next).value).toEqual({ looks: 2 });
});

it('ends after an hour', async () => {
  const { clock, watch } = lab();
  const states = await watch();
  await states.next();
  clock.advance(3_599_999);
  expect((await states.next()).done).toBe(false);
  const last = states.next();
  await turn();
  clock.advance(2000);
  expect((await last).done).toBe(false);
  expect((await states.next()).done).toBe(true);
});

it('ends when the reader leaves, and holds no timer then', async () => {
  const { clock, left, watch } = lab();
  const states = await watch();
  await states.next();
  const next = states.next();
  await turn();
  left.abort();
  expect((await next).done).toBe(true);
  expect(clock.pending).toBe(0);
});

it('ends with the reason when the key is listed no more', async () => {
  const { clock, unlist, watch } = lab();
  const states = await watch();
  await states.next();
  unlist();
  clock.advance(2000);
  await expect(states.next()).rejects.toThrow('no longer listed');
});

it('counts those that nobody has read yet', async () => {
  const { watch, left } = lab();
  const all = await Promise.allSettled(Array.from({ length: 21 }, () => watch()));
  expect(all.filter(({ status }) => status === 'rejected')).toHaveLength(1);
  left.abort();
});

it('takes twenty at once, and the next one when one of them has ended', async () => {
  const { watch, left } = lab();
  const all = [];
  for (let n = 0; n < 20; n++) {
    const states = await watch();
    await states.next();
    all.push(states);
  }
  await expect(watch()).rejects.toMatchObject({ reason: 'ServerBusy' });
  await all[0]?.return?.(undefined);
  expect((await (await watch()).next()).done).toBe(false);
  left.abort();
});
