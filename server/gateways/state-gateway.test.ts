import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { AsyncSignal } from '../../base/async-signal.ts';
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
    access: { known: async () => {}, authorize },
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
  const again = new AsyncSignal();
  const left = new AbortController();
  const watch = async () => (await gateway.watch(undefined, me, again, left.signal))[Symbol.asyncIterator]();
  return {
    ...{
      clock,
      gateway,
      again,
      left,
      watch,
      change: () => changed({ id: 'ns/app' }),
      changeOther: () => changed({ id: 'ns/b' }),
    },
    unlist: () => {
      isListed = false;
    },
  };
}

it('looks at once, whenever the Remote changes, when the reader wants it, and every two seconds', async () => {
  const { clock, again, watch, change, changeOther } = lab();
  const states = await watch();
  const next = async () => (await states.next()).value;
  expect(await next()).toEqual({ looks: 1 });
  const second = next();
  await turn();
  changeOther();
  change();
  expect(await second).toEqual({ looks: 2 });
  // It came while the state was written to the client.
  again.notify();
  expect(await next()).toEqual({ looks: 3 });
  const fourth = next();
  await turn();
  clock.advance(2000);
  expect(await fourth).toEqual({ looks: 4 });
});

it('ends after an hour', async () => {
  const { clock, again, watch } = lab();
  const states = await watch();
  await states.next();
  clock.advance(3_599_999);
  again.notify();
  expect((await states.next()).done).toBe(false);
  clock.advance(1);
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
  const { again, unlist, watch } = lab();
  const states = await watch();
  await states.next();
  unlist();
  again.notify();
  await expect(states.next()).rejects.toThrow('no longer listed');
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
