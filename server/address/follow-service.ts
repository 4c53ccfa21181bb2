import type { Clock } from '../../base/clock.ts';
import { asGitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Kube, V1Node, V1Service, Watch } from '../../kube/kube.ts';
import { addressOfService, type Found, needsNodes } from './service-address.ts';

export interface FollowOptions {
  readonly kube: Pick<Kube, 'watch' | 'listSomeNodes'>;
  readonly service: { readonly namespace: string; readonly name: string };
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly onFound: (found: Found) => void;
}

/** How long a start waits for the first answer, so that no status says for a moment that there is no address. */
const FIRST_MS = 2_000;
/** Nodes come and go without a change of the Service. */
const NODES_MS = 60_000;

/**
 * Reports the address of a Service now and after each of its changes.
 * @returns the watch, once the first address is known or the wait for it timed out
 */
export async function followService(options: FollowOptions): Promise<Watch<V1Service>> {
  const { kube, service, clock, signal, onFound } = options;
  const { namespace, name } = service;
  const first = Promise.withResolvers<void>();
  let round = new AbortController();
  const look = (found?: V1Service) => {
    round.abort();
    round = new AbortController();
    const current = AbortSignal.any([signal, round.signal]);
    void lookAt(options, found, current).finally(first.resolve);
  };
  const collection = { path: `/api/v1/namespaces/${namespace}/services`, fieldSelector: `metadata.name=${name}` };
  const watch = kube.watch<V1Service>(collection, { upsert: look, remove: () => look() }, signal);
  onFound({ reason: 'ServiceUnknown', description: `the Service ${namespace}/${name} is not read yet` });
  watch.synced.then(
    () => watch.objects.size === 0 && look(),
    () => {},
  );
  await Promise.race([first.promise, clock.delay(FIRST_MS, signal)]).catch(() => {});
  return watch;
}

/** @param signal aborts when there is something newer to look at */
async function lookAt(options: FollowOptions, found: V1Service | undefined, signal: AbortSignal): Promise<void> {
  const { service, clock, onFound } = options;
  if (!found) {
    const description = `there is no Service ${service.namespace}/${service.name}`;
    return onFound({ reason: 'ServiceUnknown', description });
  }
  const nodes = needsNodes(found) ? await someNodes(options) : [];
  if (signal.aborted) return;
  onFound(addressOfService(found, nodes));
  if (!needsNodes(found)) return;
  // Not waited for: this look is over.
  clock.delay(NODES_MS, signal).then(
    () => lookAt(options, found, signal),
    () => {},
  );
}

async function someNodes({ kube, log }: FollowOptions): Promise<readonly V1Node[] | undefined> {
  try {
    return await kube.listSomeNodes();
  } catch (thrown) {
    const { reason, message } = asGitkubeError(thrown);
    log.warn({ reason, why: message }, 'the address of a node is unknown');
    return undefined;
  }
}
