import { beforeEach, expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { DiffGateway, type DiffGatewayOptions } from './diff-gateway.ts';

const me = { fingerprint: 'mine', name: 'me' };
const signal = new AbortController().signal;

let opened: number;
let opening: PromiseWithResolvers<undefined>;
let gateway: DiffGateway;

beforeEach(() => {
  [opened, opening] = [0, Promise.withResolvers()];
  gateway = new DiffGateway({
    access: {
      known: async () => {},
      admit: ({ namespace, name }: { namespace: string; name: string }) => {
        if (name === 'hidden') throw new GitkubeError('RemoteUnknown', 'no Remote accepts the key');
        return { id: `${namespace}/${name}`, namespace, name };
      },
    },
    remotes: { byFingerprint: () => [], elsewhere: () => [], all: () => [] as Remote[] },
    repositories: {
      findOf: () => {
        opened++;
        return opening.promise;
      },
    },
    underWay: { of: () => [] },
    clock: new ManualClock(),
  } as unknown as DiffGatewayOptions);
});

const live = (name: string) => gateway.live({ namespace: 'ns', name }, me, signal);
const two = (name: string) => gateway.releases({ namespace: 'ns', name }, [1, 2], me, signal);

/** Some that have opened their repository, which is empty. */
async function begun(...names: string[]): Promise<{ readonly end: () => Promise<unknown> }> {
  const before = opened;
  const ended = Promise.allSettled(names.map((name, at) => (at % 2 === 0 ? live(name) : two(name))));
  await expect.poll(() => opened).toBe(before + names.length);
  return {
    end: () => {
      opening.resolve(undefined);
      return ended;
    },
  };
}

it('two diffs of a Remote run at once, and a third one is refused before it opens the repository', async () => {
  const running = await begun('a', 'a');
  for (const third of [live, two]) {
    await expect(third('a')).rejects.toMatchObject({
      reason: 'ServerBusy',
      message: '2 diffs of ns/a are under way, which is the limit',
      hint: ['try again when one of them has ended'],
    });
  }
  expect(opened).toBe(2);
  await running.end();
  opening = Promise.withResolvers();
  const others = await begun('a', 'a');
  await others.end();
});

it('four diffs of a server run at once, and those without a right take no place', async () => {
  await expect(live('hidden')).rejects.toMatchObject({ reason: 'RemoteUnknown' });
  const running = await begun('a', 'a', 'b', 'c');
  await expect(live('d')).rejects.toMatchObject({
    reason: 'ServerBusy',
    message: '4 diffs of this server are under way, which is the limit',
  });
  await expect(live('hidden')).rejects.toMatchObject({ reason: 'RemoteUnknown' });
  expect(opened).toBe(4);
  await running.end();
});
