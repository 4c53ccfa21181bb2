import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ImageUsers } from './image-users.ts';

function recorder() {
  const done: string[] = [];
  const cleanUp = (name: string) => async () => void done.push(name);
  return { done, cleanUp };
}

it('removes the names of an image when the last of those that use it is done', async () => {
  const users = new ImageUsers();
  const { done, cleanUp } = recorder();
  const [first, second] = [await users.enter('key'), await users.enter('key')];
  const firstCleaned = first(cleanUp('first'));
  await turn();
  expect(done).toEqual([]);
  await Promise.all([firstCleaned, second(cleanUp('second'))]);
  expect(done).toEqual(['first', 'second']);
});

it('lets nobody begin with an image that is being removed, and everybody with another one', async () => {
  const users = new ImageUsers();
  const removing = Promise.withResolvers<void>();
  const removed = (await users.enter('key'))(() => removing.promise);
  const entered: string[] = [];
  const next = Promise.all(['a', 'b'].map((name) => users.enter('key').then(() => entered.push(name))));
  await users.enter('other');
  await turn();
  expect(entered).toEqual([]);
  removing.resolve();
  await removed;
  await next;
  expect(entered).toEqual(['a', 'b']);
});

it('tells each of them whether its own name was removed, and goes on', async () => {
  const users = new ImageUsers();
  const [first, second] = [await users.enter('key'), await users.enter('key')];
  const failed = expect(first(() => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  await second(async () => {});
  await failed;
  await (await users.enter('key'))(async () => {});
});
