import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ImageRefcount } from './image-refcount.ts';

const never = new AbortController().signal;

function recorder() {
  const done: string[] = [];
  const cleanUp = (name: string) => async () => void done.push(name);
  return { done, cleanUp };
}

it('removes the names of an image when the last of those that use it is done', async () => {
  const refs = new ImageRefcount();
  const { done, cleanUp } = recorder();
  const [first, second] = [await refs.enter('key', never), await refs.enter('key', never)];
  const firstCleaned = first(cleanUp('first'));
  await turn();
  expect(done).toEqual([]);
  await Promise.all([firstCleaned, second(cleanUp('second'))]);
  expect(done).toEqual(['first', 'second']);
});

it('lets nobody begin with an image that is being removed, and everybody with another one', async () => {
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

it('tells each of them whether its own name was removed, and goes on', async () => {
  const refs = new ImageRefcount();
  const [first, second] = [await refs.enter('key', never), await refs.enter('key', never)];
  const failed = expect(first(() => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  await second(async () => {});
  await failed;
  await (await refs.enter('key', never))(async () => {});
});

it('lets a push go that is ended while it waits for a removal', async () => {
  const refs = new ImageRefcount();
  const removed = (await refs.enter('key', never))(() => new Promise(() => {}));
  removed.catch(() => {});
  const push = new AbortController();
  const waiting = refs.enter('key', push.signal);
  push.abort(new Error('cancelled'));
  await expect(waiting).rejects.toThrow('cancelled');
});
