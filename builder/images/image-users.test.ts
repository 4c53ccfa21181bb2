import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ImageUsers } from './image-users.ts';

const never = new AbortController().signal;

function recorder() {
  const done: string[] = [];
  const cleanUp = (name: string) => async () => void done.push(name);
  return { done, cleanUp };
}

it('removes the names of an image when the last of those that use it is done', async () => {
  const users = new ImageUsers();
  const { done, cleanUp } = recorder();
  const [first, second] = [await users.enter('key', never), await users.enter('key', never)];
  const firstCleaned = first(cleanUp('first'));
  await turn();
  expect(done).toEqual([]);
  await Promise.all([firstCleaned, second(cleanUp('second'))]);
  expect(done).toEqual(['first', 'second']);
});

it('lets nobody begin with an image that is being removed, and everybody with another one', async () => {
  const users = new ImageUsers();
  const removing = Promise.withResolvers<void>();
  const removed = (await users.enter('key', never))(() => removing.promise);
  const entered: string[] = [];
  const next = Promise.all(['a', 'b'].map((name) => users.enter('key', never).then(() => entered.push(name))));
  await users.enter('other', never);
  await turn();
  expect(entered).toEqual([]);
  removing.resolve();
  await removed;
  await next;
  expect(entered).toEqual(['a', 'b']);
});

it('tells each of them whether its own name was removed, and goes on', async () => {
  const users = new ImageUsers();
  const [first, second] = [await users.enter('key', never), await users.enter('key', never)];
  const failed = expect(first(() => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  await second(async () => {});
  await failed;
  await (await users.enter('key', never))(async () => {});
});

it('lets a push go that is ended while it waits for a removal', async () => {
  const users = new ImageUsers();
  const removed = (await users.enter('key', never))(() => new Promise(() => {}));
  removed.catch(() => {});
  const push = new AbortController();
  const waiting = users.enter('key', push.signal);
  push.abort(new Error('cancelled'));
  await expect(waiting).rejects.toThrow('cancelled');
});
