import { Semaphore } from '../../base/semaphore.ts';
import { DiskUse } from './disk-use.ts';

/** What all environments of a repository have in common. */
export interface Shared<View> {
  readonly diskUse: DiskUse;
  readonly views: Map<string, View>;
  /** Of refs: one environment must not take the locks of another's git for what a git that was killed has left. */
  readonly writes: Semaphore;
  owner: string | undefined;
  foldsCase: boolean;
  receiving: number;
}

export function startShared<View>(path: string): Shared<View> {
  return {
    diskUse: new DiskUse(path),
    views: new Map(),
    writes: new Semaphore(1),
    owner: undefined,
    foldsCase: false,
    receiving: 0,
  };
}
