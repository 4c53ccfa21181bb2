import type { Clock } from '../../base/clock.ts';
import { GitkubeError } from '../../base/errors.ts';
import { duration } from '../../base/text.ts';
import type { KubeAdmin, RemoteObject } from '../../kube/index.ts';
import { remotesPath } from '../../kube/remote-admin.ts';
import { seePods } from '../installation.ts';
import type { Io } from '../io.ts';
import { statusOf } from './status.ts';

export interface UrlWait {
  readonly admin: KubeAdmin;
  readonly io: Io;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/**
 * Resolves with the Remote as soon as the server has given this generation of it a URL. A description of why there is
 * none yet is printed, and the wait goes on: a load balancer takes minutes (hasura/gitkube#112).
 * @throws Timeout with the last reason
 */
export async function waitForUrl(
  applied: RemoteObject,
  { admin, io, clock, timeoutMs }: UrlWait,
): Promise<RemoteObject> {
  const { namespace, name, generation = 0 } = applied.metadata;
  const found = Promise.withResolvers<RemoteObject>();
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, io.interrupted()]);
  let reported = '';
  if (io.interactive) io.note(`waiting for the server to give ${namespace}/${name} a URL`);
  const look = (remote: RemoteObject) => {
    const { observedGeneration = 0, remoteUrl, remoteUrlDesc } = statusOf(remote);
    if (observedGeneration < generation) return;
    if (remoteUrl) return found.resolve(remote);
    const reason = remoteUrlDesc || 'the server names no reason';
    if (reason !== reported) io.note(`waiting for the URL of ${namespace}/${name}: ${reason}`);
    reported = reason;
  };
  const gone = () => found.reject(new GitkubeError('RemoteNotFound', `remote ${namespace}/${name} was deleted`));
  const collection = { path: remotesPath(namespace), fieldSelector: `metadata.name=${name}` };
  await using _watch = admin.watch<RemoteObject>(collection, { upsert: look, remove: gone }, signal);
  clock.delay(timeoutMs, signal).then(
    () => found.reject(tooLate(applied, timeoutMs, reported)),
    () => found.reject(signal.reason),
  );
  try {
    return await found.promise;
  } finally {
    over.abort();
  }
}

function tooLate({ metadata }: RemoteObject, timeoutMs: number, reason: string): GitkubeError {
  const what = `remote ${metadata.namespace}/${metadata.name} is stored and has no URL after ${duration(timeoutMs)}`;
  const look = `to see the URL once there is one, type: gitkube -n ${metadata.namespace} remote get ${metadata.name} -o wide`;
  if (reason === '') {
    return new GitkubeError('Timeout', `${what}: no server has looked at it`, {
      hint: [`to see whether one runs, type: ${seePods}`, look],
    });
  }
  return new GitkubeError('Timeout', `${what}: ${reason}`, { hint: look });
}
