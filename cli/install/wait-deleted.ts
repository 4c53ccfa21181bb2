import { GitkubeError } from '../../base/errors.ts';
import { duration } from '../../base/text.ts';
import type { KubeAdmin, NamedObject } from '../../kube/index.ts';
import type { CliContext } from '../context.ts';
import { inWords } from './apply.ts';

const firstMs = 200;
const maxMs = 2000;

/** Asks until an object is gone; kinds whose own watch ends with them can only be asked. */
export async function waitDeleted(
  admin: KubeAdmin,
  object: NamedObject,
  { io, clock }: CliContext,
  timeoutMs: number,
): Promise<void> {
  const signal = io.interrupted();
  const end = clock.monotonic() + timeoutMs;
  for (let pauseMs = firstMs; await admin.getObject(object); pauseMs = Math.min(maxMs, pauseMs * 2)) {
    if (pauseMs === firstMs) io.note(`waiting until ${inWords(object)} is gone`);
    if (clock.monotonic() >= end) throw held(object, timeoutMs);
    await clock.delay(pauseMs, signal);
  }
}

function held(object: NamedObject, timeoutMs: number): GitkubeError {
  const hint =
    object.kind === 'CustomResourceDefinition'
      ? [
          'a Remote whose finalizer the server did not remove holds it; to list them, type: kubectl get remotes -A',
          'to release one, type: kubectl -n <namespace> patch remote <name> --type=merge -p \'{"metadata":{"finalizers":null}}\'',
        ]
      : 'its server first finishes the rollouts under way: run the command again with --timeout=10m';
  return new GitkubeError('Timeout', `${inWords(object)} is still there after ${duration(timeoutMs)}`, { hint });
}
