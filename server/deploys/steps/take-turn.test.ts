import { expect, it } from 'vitest';
import type { DeployContext } from '../context.ts';
import { environmentOf } from '../environment.ts';
import { PushQueue } from '../queue.ts';
import { takeTurn } from './take-turn.ts';

const asked = { namespace: 'ns', uid: 'u1' };
const move = { oldOid: 'a', newOid: 'b' };

/** A push waits behind another one; then a rollback asks for its turn. @returns whether that replaced the push */
async function isReplacedBy(rollback: { readonly isTentative: boolean }): Promise<boolean> {
  const queue = new PushQueue(4);
  const push = { environment: environmentOf(asked), branch: 'main', deploys: true, label: 'b', onWait: () => {} };
  const { signal } = new AbortController();
  const leave = await queue.enter({ ...push, signal });
  const waiting = queue.enter({ ...push, move, signal }).then(
    () => false,
    () => true,
  );
  const facts = {
    ...{ id: 'p', asked, principal: { name: 'me' }, trigger: { kind: 'rollback' }, label: 'c', commit: 'c' },
    ...{ revision: { branch: 'main', oldOid: '', rollbackTo: 1 }, options: {}, waits: () => {}, signal },
    ...{ ending: new DisposableStack(), phases: { begin: () => {} }, output: { say: () => {}, stage: () => {} } },
  };
  const turn = takeTurn.run({ ...facts, ...rollback } as never, { queue } as unknown as DeployContext);
  leave();
  // Refused at its turn.
  await turn;
  facts.ending.dispose();
  return waiting;
}

it('a rollback that may be refused at its turn replaces no waiting push, and one by its number does', async () => {
  expect(await isReplacedBy({ isTentative: true })).toBe(false);
  expect(await isReplacedBy({ isTentative: false })).toBe(true);
});

it('a newer push does not replace a task that waits', async () => {
  const queue = new PushQueue(4);
  const { signal } = new AbortController();
  const push = {
    environment: environmentOf(asked),
    branch: 'main',
    deploys: true,
    label: 'b',
    onWait: () => {},
    signal,
  };
  const leave = await queue.enter(push);
  const facts = {
    ...{
      id: 'p',
      asked,
      principal: { name: 'me' },
      trigger: { kind: 'task' },
      label: 'c',
      commit: 'c',
      givesWay: true,
    },
    ...{ revision: { branch: 'main', oldOid: '', rollbackTo: 1, again: 'task' }, options: {}, waits: () => {}, signal },
    ...{ ending: new DisposableStack(), phases: { begin: () => {} }, output: { say: () => {}, stage: () => {} } },
  };
  const turn = takeTurn.run(facts as never, { queue } as unknown as DeployContext);
  const newer = { ...push, label: 'd' };
  const entered = queue.enter(newer);
  leave();
  queue.dropOlder(newer);
  await Promise.race([entered, turn]);
  expect(queue.waiting).toBe(1);
  const left = entered.then((end) => end());
  await expect(turn).resolves.toBeDefined();
  facts.ending.dispose();
  await left;
});
