import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ImageRefcount } from './image-refcount.ts';

const never = new AbortController().signal;

function recorder() {
  const done: string[] = [];
  const cleanUp = (name: string) => async () => void done.push(name);
  return { done, cleanUp };
}

it('the names of an image are removed when its last user is done', async () => {
  const refs = new ImageRefcount();
  const { done, cleanUp } = recorder();
  const [first, second] = [await refs.enter('key', never), await refs.enter('key', never)];
  const firstCleaned = first(cleanUp('first'));
  await turn();
  expect(done).toEqual([]);
  await Promise.all([firstCleaned, second(cleanUp('second'))]);
  expect(done).toEqual(['first', 'second']);
});

it('an image that is being removed cannot be used, and any other can', async () => {
  const refs = new ImageRefcount();
  const removing = Promise.withResolvers<void>();
  const removed = (await refs.enter('key', never))(() => removing.promise);
  const entered: string[] = [];
  const next = Promise.all(['a', 'b'].map((name) => refs.enter('key', never).then(() => entered.push(name))));
  await refs.enter('other', never);
  await turn();
  expect(entered).toEqual([]);
  removing.resolve();
  await removed;
  await next;
  expect(entered).toEqual(['a', 'b']);
});

it('each user learns whether its own name was removed', async () => {
  const refs = new ImageRefcount();
  const [first, second] = [await refs.enter('key', never), await refs.enter('key', never)];
  const failed = expect(first(() => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  await second(async () => {});
  await failed;
  await (await refs.enter('key', never))(async () => {});
});

it('a push that is ended while it waits for a removal stops waiting', async () => {
  const refs = new ImageRefcount();
  const removed = (await refs.enter('key', never))(() => new Promise(() => {}));
  removed.catch(() => {});
  const push = new AbortController();
  const waiting = refs.enter('key', push.signal);
  push.abort(new Error('cancelled'));
  await expect(waiting).rejects.toThrow('cancelled');
});
