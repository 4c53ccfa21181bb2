import { expect, it } from 'vitest';
import type { RemoteChange, RemoteEntry } from '../remote-crd/index.ts';
import { followRemotes } from './follow-remotes.ts';

const www = (uid: string) => ({ id: 'ns/www', uid }) as RemoteEntry;

function follow(...there: RemoteEntry[]) {
  const heard: string[] = [];
  let tell: (change: RemoteChange) => void = () => {};
  const onChange = (listener: typeof tell) => {
    tell = listener;
    return () => {};
  };
  followRemotes(
    { entries: () => there, onChange },
    { seen: ({ uid }) => void heard.push(`seen ${uid}`), gone: ({ uid }) => void heard.push(`gone ${uid}`) },
  );
  return { heard, tell: (entry?: RemoteEntry, gone?: RemoteEntry) => tell({ id: 'ns/www', entry, gone }) };
}

it('tells of the Remotes that are there, of changes, and of one that goes', () => {
  const { heard, tell } = follow(www('1'));
  tell(www('1'));
  tell(undefined, www('1'));
  expect(heard).toEqual(['seen 1', 'seen 1', 'gone 1']);
});

it('tells that a Remote is gone when another one has its name', () => {
  const { heard, tell } = follow(www('1'));
  tell(www('2'));
  expect(heard).toEqual(['seen 1', 'gone 1', 'seen 2']);
});

it('tells of one that nobody had seen that it is gone', () => {
  const { heard, tell } = follow();
  tell(undefined, www('1'));
  tell();
  expect(heard).toEqual(['gone 1']);
});
