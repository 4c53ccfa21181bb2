import { expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { PushesUnderWay } from './pushes-under-way.ts';

const why = new GitkubeError('RemoteUnknown', 'deleted');

function makePush(uid: string, received: boolean) {
  const done = Promise.withResolvers<void>();
  const ended: string[] = [];
  const remote = { id: 'default/www', uid } as Remote;
  const push = {
    remote,
    received,
    done: done.promise,
    cancel: () => void ended.push('cancelled'),
    drain: () => void ended.push('drained'),
  };
  return { push, ended, end: done.resolve };
}

it('draining a Remote ends what is still being sent, waits for the rest, and leaves others alone', async () => {
  const pushes = new PushesUnderWay();
  const [sent, received, other] = [makePush('u-1', false), makePush('u-1', true), makePush('u-2', false)];
  for (const { push } of [sent, received, other]) pushes.add(push);
  let drained = false;
  const draining = pushes.drainRemote('default/www', 'u-1', why).then(() => {
    drained = true;
  });
  expect([sent.ended, received.ended, other.ended]).toEqual([['cancelled'], [], []]);
  sent.end();
  await sent.push.done;
  expect(drained).toBe(false);
  received.end();
  await draining;
});

it('a push that has ended is forgotten', async () => {
  const pushes = new PushesUnderWay();
  const { push, ended, end } = makePush('u-1', true);
  pushes.add(push);
  end();
  await pushes.done();
  pushes.cancel(why);
  expect(ended).toEqual([]);
});
