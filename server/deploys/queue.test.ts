import { describe, expect, it, vi } from 'vitest';
import { environmentOf } from './environment.ts';
import { PushQueue } from './queue.ts';

/** The one environment of a Remote. */
const remote = (id: string) => environmentOf({ namespace: id.split('/')[0] ?? '', uid: id });

function entry(remoteId: string, branch: string, label: string, deploys = true) {
  const waits: string[] = [];
  const abort = new AbortController();
  return {
    environment: remote(remoteId),
    branch,
    deploys,
    label,
    waits,
    abort,
    signal: abort.signal,
    onWait: (reason: string) => waits.push(reason),
  };
}

describe('the push queue', () => {
  it('lets pushes of different Remotes work side by side', async () => {
    const queue = new PushQueue(4);
    await queue.enter(entry('a/x', 'main', '1'));
    await queue.enter(entry('a/y', 'main', '2'));
    expect(queue.running).toBe(2);
  });

  it('takes one push of a Remote at a time, and the next reads which push it waits for', async () => {
    const queue = new PushQueue(4);
    const leave = await queue.enter(entry('a/x', 'main', 'main 1f3c2d4 by alice'));
    const second = entry('a/x', 'main', 'main 5a6b7c8 by bob');
    const turn = queue.enter(second);
    expect(second.waits).toEqual(['waiting for the push before this one: main 1f3c2d4 by alice']);
    leave();
    await turn;
    expect(queue.running).toBe(1);
  });

  it('replaces a waiting push by a newer one of the same branch', async () => {
    const queue = new PushQueue(4);
    const leave = await queue.enter(entry('a/x', 'main', 'first'));
    const second = queue.enter(entry('a/x', 'main', 'second'));
    const third = queue.enter(entry('a/x', 'main', 'third'));
    await expect(second).rejects.toMatchObject({ reason: 'PushSuperseded', message: expect.stringContaining('third') });
    leave();
    await third;
  });

  describe('a newer push of the same branch that may be refused', () => {
    const move = { oldOid: 'r0', newOid: 'a1' };
    const twoWaiting = async (covers: (older: object) => Promise<boolean>) => {
      const queue = new PushQueue(4);
      const leave = await queue.enter(entry('a/x', 'main', 'r1'));
      const older = { ...entry('a/x', 'main', 'a1'), move };
      const newer = { ...entry('a/x', 'main', 'b1'), move: { oldOid: 'r0', newOid: 'b1' }, covers };
      const turns = [queue.enter(older), queue.enter(newer)] as const;
      return { queue, leave, older, newer, turns };
    };

    it('goes first, and when it is refused the older one has its turn', async () => {
      const { leave, older, turns } = await twoWaiting(async () => false);
      await vi.waitFor(() => expect(older.waits.at(-1)).toBe('a newer push of main goes first: b1'));
      leave();
      (await turns[1])();
      (await turns[0])();
    });

    it('replaces the older one once it is checked', async () => {
      const { queue, leave, newer, turns } = await twoWaiting(async () => false);
      leave();
      await turns[1];
      const latest = queue.enter({ ...entry('a/x', 'main', 'c1'), move, covers: async () => false });
      queue.dropOlder(newer);
      await expect(turns[0]).rejects.toMatchObject({ reason: 'PushSuperseded' });
      (await turns[1])();
      await latest;
    });

    it('replaces the older one at once when it is accepted wherever that is', async () => {
      const asked: object[] = [];
      const { turns } = await twoWaiting(async (older) => asked.push(older) > 0);
      await expect(turns[0]).rejects.toMatchObject({ reason: 'PushSuperseded' });
      expect(asked).toEqual([move]);
    });

    it('replaces nothing when it ends before that is known', async () => {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const { leave, newer, turns } = await twoWaiting(() => promise);
      newer.abort.abort(new Error('client left'));
      await expect(turns[1]).rejects.toThrow('client left');
      resolve(true);
      leave();
      (await turns[0])();
    });
  });

  describe('a deploy that is about what runs, as a restart or a return', () => {
    const aboutWhatRuns = (label: string) => ({ ...entry('a/x', 'main', label), givesWay: true });

    it('goes after a push that waits, and replaces none', async () => {
      const queue = new PushQueue(4);
      const leave = await queue.enter(entry('a/x', 'main', '42'));
      const push = entry('a/x', 'main', '43');
      const turn = queue.enter(push);
      const entered = aboutWhatRuns('restart');
      const restart = queue.enter(entered);
      queue.dropOlder(entered);
      expect(push.waits).toHaveLength(1);
      leave();
      (await turn)();
      (await restart)();
    });

    it('waits its turn behind others of its kind, the first one first', async () => {
      const queue = new PushQueue(1);
      const leave = await queue.enter(entry('a/x', 'main', '42'));
      const turns = [queue.enter(aboutWhatRuns('restart')), queue.enter(aboutWhatRuns('return'))] as const;
      leave();
      (await turns[0])();
      (await turns[1])();
    });
  });

  it.each([
    ['a push that deploys by one that only checks or builds', true, false],
    ['one that only checks or builds by one that deploys', false, true],
  ])('does not replace %s', async (_, older, newer) => {
    const queue = new PushQueue(4);
    const leave = await queue.enter(entry('a/x', 'main', 'first'));
    const second = queue.enter(entry('a/x', 'main', 'second', older));
    const third = queue.enter(entry('a/x', 'main', 'third', newer));
    leave();
    (await second)();
    await third;
  });

  it('keeps its limit over all Remotes', async () => {
    const queue = new PushQueue(1);
    const leave = await queue.enter(entry('a/x', 'main', '1'));
    const other = entry('a/y', 'main', '2');
    const turn = queue.enter(other);
    expect(other.waits).toEqual(['waiting for a free place: 1 push is under way']);
    leave();
    await turn;
  });

  it('forgets a waiting push that ends', async () => {
    const queue = new PushQueue(1);
    const leave = await queue.enter(entry('a/x', 'main', '1'));
    const gone = entry('a/x', 'main', '2');
    const turn = queue.enter(gone);
    gone.abort.abort(new Error('client left'));
    await expect(turn).rejects.toThrow('client left');
    leave();
    expect(queue.running).toBe(0);
  });

  it('frees one place only when a push leaves twice', async () => {
    const queue = new PushQueue(1);
    const leave = await queue.enter(entry('a/x', 'main', '1'));
    leave();
    await queue.enter(entry('a/x', 'main', '2'));
    leave();
    expect(queue.running).toBe(1);
  });

  it('gives the turn of a Remote to other work only while no push wants it', async () => {
    const queue = new PushQueue(2);
    const repair = { environment: remote('a/x'), label: 'back to releases/3', doing: 'the repair of drift' };
    const leave = queue.tryEnter(repair);
    const push = entry('a/x', 'main', '1');
    const turn = queue.enter(push);
    expect(push.waits).toEqual(['waiting for the repair of drift: back to releases/3']);
    leave?.();
    const pushed = await turn;
    expect(queue.tryEnter(repair)).toBeUndefined();
    pushed();
    leave?.();
    expect(queue.isBusy(remote('a/x'))).toBe(false);
    expect(queue.tryEnter(repair)).toBeDefined();
  });

  it('counts a place that is not of a push, too', async () => {
    const queue = new PushQueue(1);
    queue.tryEnter({ environment: remote('a/x'), label: '' });
    expect(queue.tryEnter({ environment: remote('a/y'), label: '' })).toBeUndefined();
  });

  it('holds the place of a Remote before its first push, and takes none from others', async () => {
    const queue = new PushQueue(1);
    const ended: string[] = [];
    queue.onPushed(({ uid }) => ended.push(uid));
    const leave = queue.hold({
      environment: remote('a/x'),
      label: 'main 1f3c2d4 by alice',
      doing: 'a push that was cut off',
    });
    expect(queue.tryEnter({ environment: remote('a/x'), label: '' })).toBeUndefined();
    const own = entry('a/x', 'main', '1');
    const turn = queue.enter(own);
    expect(own.waits).toEqual(['waiting for a push that was cut off: main 1f3c2d4 by alice']);
    const other = await queue.enter(entry('a/y', 'main', '2'));
    other();
    leave();
    await turn;
    expect(ended).toEqual(['a/y', 'a/x']);
  });
});
