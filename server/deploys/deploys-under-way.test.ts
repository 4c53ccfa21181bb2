import { expect, it } from 'vitest';
import { Bus } from '../../base/bus.ts';
import { GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { Asked } from './deploy.ts';
import { DeploysUnderWay, type UnderWay } from './deploys-under-way.ts';
import type { DeployEvent } from './events.ts';

const why = new GitkubeError('RemoteUnknown', 'deleted');

function makePush(uid: string, received: boolean, namespace = 'default') {
  const done = Promise.withResolvers<void>();
  const ended: string[] = [];
  const remote = { id: `${namespace}/www`, namespace, name: 'www', uid } as Remote;
  const deploy = {
    remote,
    asked: received ? ({} as Asked) : undefined,
    isFinished: false,
    cancel: () => void ended.push('cancelled'),
    drain: () => void ended.push('drained'),
  };
  const push = { deploy, received, done: done.promise };
  return { push, ended, end: done.resolve };
}

it('draining a Remote ends what is still being sent, waits for the rest, and leaves others alone', async () => {
  const pushes = new DeploysUnderWay<UnderWay>();
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
  const pushes = new DeploysUnderWay<UnderWay>();
  const { push, ended, end } = makePush('u-1', true);
  pushes.add(push);
  end();
  await pushes.done();
  pushes.cancel(why);
  expect(ended).toEqual([]);
});

it('the deploys of a Remote are those that were requested and not decided', () => {
  const all = new DeploysUnderWay<UnderWay>();
  const [sent, asked, decided, other] = [false, true, true, true].map((received, n) =>
    makePush(n === 3 ? 'u-2' : 'u-1', received),
  );
  for (const one of [sent, asked, decided, other]) if (one) all.add(one.push);
  if (decided) decided.push.deploy.isFinished = true;
  expect(all.of({ id: 'default/www', uid: 'u-1' })).toEqual([asked?.push.deploy]);
  expect(all.of({ id: 'default/www/qa', uid: 'u-1' })).toEqual([]);
  expect(all.ofAll({ uid: 'u-1' })).toEqual([asked?.push.deploy]);
});

it('a namespace has a limited number of pushes under way, whatever they wait for, and others have their own', async () => {
  const refused: string[] = [];
  const events = new Bus<DeployEvent>(silentLogger);
  events.on('deployEnded', ({ outcome, phase }) => {
    if (outcome.kind === 'failed') refused.push(`${outcome.error.reason} in ${phase}`);
  });
  const pushes = new DeploysUnderWay<UnderWay>({ maxOfNamespace: 2, events });
  const [first, second] = [makePush('u-1', false, 'team-a'), makePush('u-2', true, 'team-a')];
  for (const { push } of [first, second]) {
    pushes.requireRoom('team-a');
    pushes.add(push);
  }
  pushes.requireRoom('team-b');
  expect(refused).toEqual([]);
  expect(() => pushes.requireRoom('team-a')).toThrow(
    expect.objectContaining({
      reason: 'ServerBusy',
      message: 'namespace team-a already has 2 pushes under way, the limit of one namespace',
    }),
  );
  expect(refused).toEqual(['ServerBusy in receive']);
  first.end();
  await first.push.done;
  pushes.requireRoom('team-a');
});
