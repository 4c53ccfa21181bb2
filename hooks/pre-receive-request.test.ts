import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { usedHeap } from '../test/support/used-heap.ts';
import { readPreReceiveRequest } from './pre-receive-request.ts';

const oid = 'a'.repeat(40);
const zero = '0'.repeat(40);
const spoken = (env: string[], lines: string) => Buffer.from(`${env.map((e) => `${e}\0`).join('')}\0${lines}\0`);

describe('the request of pre-receive', () => {
  it('holds refs, push options and quarantine, and nothing else of the environment', async () => {
    const socket = new PassThrough();
    const env = ['PATH=/bin', 'GIT_PUSH_OPTION_COUNT=2', 'GIT_PUSH_OPTION_0=no-cache', 'GIT_PUSH_OPTION_1=a=b\nc'];
    socket.write(spoken([...env, 'GIT_QUARANTINE_PATH=/q'], `${zero} ${oid} refs/heads/main\n`));
    expect(await readPreReceiveRequest(socket)).toEqual({
      commands: [{ oldOid: zero, newOid: oid, ref: 'refs/heads/main' }],
      pushOptions: ['no-cache', 'a=b\nc'],
      quarantine: { GIT_QUARANTINE_PATH: '/q' },
    });
  });

  it('is not kept by the commit that a release remembers of it', async () => {
    const tags = `${zero} ${oid} refs/tags/${'v'.repeat(100)}\n`.repeat(4000);
    const commits: (string | undefined)[] = [];
    const before = usedHeap();
    for (let push = 0; push < 10; push++) {
      const socket = new PassThrough();
      socket.write(spoken([], `${zero} ${oid} refs/heads/main\n${tags}`));
      commits.push((await readPreReceiveRequest(socket))?.commands[0]?.newOid);
    }
    expect(commits).toEqual(Array(10).fill(oid));
    expect(usedHeap() - before).toBeLessThan(5 * tags.length);
  });

  it('is understood wherever its bytes are cut', async () => {
    const bytes = spoken(['A=', 'B=2'], `${zero} ${oid} refs/heads/ä\n`);
    for (let cut = 1; cut < bytes.length; cut++) {
      const socket = new PassThrough();
      const request = readPreReceiveRequest(socket);
      socket.write(bytes.subarray(0, cut));
      await new Promise(setImmediate);
      socket.write(bytes.subarray(cut));
      expect((await request)?.commands[0]?.ref).toBe('refs/heads/ä');
    }
  });

  it.each([
    ['a ref with a newline in its name', [], `${zero} ${oid} refs/heads/main\nx\n`],
    ['a number of push options that no push has', ['GIT_PUSH_OPTION_COUNT=1e300'], `${zero} ${oid} refs/heads/main\n`],
  ])('is refused with %s, and the process goes on', async (_, env, lines) => {
    const socket = new PassThrough();
    socket.write(spoken(env, lines));
    await expect(readPreReceiveRequest(socket)).rejects.toThrow();
  });

  it('is absent when git ends before the hook runs', async () => {
    const socket = new PassThrough();
    socket.end();
    expect(await readPreReceiveRequest(socket)).toBeUndefined();
  });

  it('is refused when it never ends', async () => {
    const socket = new PassThrough();
    const request = readPreReceiveRequest(socket);
    for (let i = 0; i < 6; i++) socket.write(Buffer.alloc(1024 * 1024, 'x'));
    await expect(request).rejects.toThrow('too many refs');
  });
});
