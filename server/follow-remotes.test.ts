import { expect, it } from 'vitest';
import type { RemoteChange, RemoteEntry } from '../remote-crd/index.ts';
import { followRemotes } from './follow-remotes.ts';

const www = (uid: string) => ({ id: 'ns/www', uid }) as RemoteEntry;

function follow(...there: RemoteEntry[]) {
  const heard: string[] = [];
  let notify: (change: RemoteChange) => void = () => {};
  const onChange = (listener: typeof notify) => {
    notify = listener;
    return () => {};
  };
  followRemotes(
    { entries: () => there, onChange },
    { seen: ({ uid }) => void heard.push(`seen ${uid}`), gone: ({ uid }) => void heard.push(`gone ${uid}`) },
  );
  return { heard, notify: (entry?: RemoteEntry, gone?: RemoteEntry) => notify({ id: 'ns/www', entry, gone }) };
}

it('followers see the Remotes that are there, changes, and one that goes', () => {
  const { heard, notify } = follow(www('1'));
  notify(www('1'));
  notify(undefined, www('1'));
  expect(heard).toEqual(['seen 1', 'seen 1', 'gone 1']);
});

it('followers see that a Remote is gone when another one has its name', () => {
  const { heard, notify } = follow(www('1'));
  notify(www('2'));
  expect(heard).toEqual(['seen 1', 'gone 1', 'seen 2']);
});

it('followers see that a Remote is gone that they have never seen', () => {
  const { heard, notify } = follow();
  notify(undefined, www('1'));
  notify();
  expect(heard).toEqual(['gone 1']);
});
