import { expect, it } from 'vitest';
import { inSlices } from './in-slices.ts';

it('a long loop lets others have their turn between its parts, and a short one waits for nobody', async () => {
  let now = 0;
  const done: string[] = [];
  setImmediate(() => done.push('other'));
  for await (const item of inSlices(['a', 'b', 'c', 'd', 'e'], () => now)) {
    now += 4;
    done.push(item);
  }
  expect(done).toEqual(['a', 'b', 'c', 'other', 'd', 'e']);
});
