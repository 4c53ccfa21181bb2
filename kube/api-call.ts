import { ApiException, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { type ApiStatus, type Call, fromStatus, readStatus } from './errors.ts';

/** The field manager of every write. */
export const fieldManager = 'gitkube';

/** A typed call of the client library; every status other than success throws. */
export function callOrThrow<T>(call: Call, work: () => Promise<T>): Promise<T> {
  return attempt(work, (status) => {
    throw fromStatus(status, call);
  });
}

/** What does not exist is undefined. */
export function callOrUndefined<T>(call: Call, work: () => Promise<T>): Promise<T | undefined> {
  return attempt<T | undefined>(work, (status) => {
    if (status.code === 404) return undefined;
    throw fromStatus(status, call);
  });
}

/** `onStatus` decides what an error status means. */
export async function attempt<T>(work: () => Promise<T>, onStatus: (status: ApiStatus) => T): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    // An ApiException holds body and headers in its message, so it must not become a cause, which a log would print.
    if (thrown instanceof ApiException) {
      return onStatus(
        readStatus(thrown.code, typeof thrown.body === 'string' ? thrown.body : JSON.stringify(thrown.body)),
      );
    }
    throw thrown;
  }
}

export function patchType(strategy: keyof typeof PatchStrategy) {
  return setHeaderOptions('Content-Type', PatchStrategy[strategy]);
}
