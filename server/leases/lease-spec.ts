import type { Clock } from '../../base/clock.ts';
import type { Lease } from '../../kube/kube.ts';

/** What a server writes into the Leases that it holds. */
export interface Holder {
  /** Of the server among all of the cluster. */
  readonly name: string;
  /** Where it is, for people: the host, which in a cluster is the pod. */
  readonly host: string;
}

/** The Lease of every namespace. */
export const leaseName = 'gitkube';
/** Long: an API server that is away must not end what runs, and a thousand Leases are five writes a second. */
export const durationSeconds = 600;
const hostAnnotation = 'gitkube.sh/host';
/** Whose host that is: somebody may give the Lease away and leave the annotations. */
const hostOfAnnotation = 'gitkube.sh/host-of';

/** Empty: nobody holds it. */
export function holderOf(lease: Lease): string {
  return lease.spec?.holderIdentity ?? '';
}

/** Of a holder that somebody wrote there without one: as of any. */
export function durationMs(lease: Lease): number {
  return (lease.spec?.leaseDurationSeconds ?? durationSeconds) * 1000;
}

/** Where the holder is, or was when it took the Lease; undefined: nobody has written that. */
export function hostOf(lease: Lease): string | undefined {
  const { [hostAnnotation]: host, [hostOfAnnotation]: of } = lease.metadata.annotations ?? {};
  return of === holderOf(lease) ? host : undefined;
}

/** The holder, with where it is. */
export function holderText(lease: Lease): string {
  const [holder, host] = [holderOf(lease), hostOf(lease)];
  return host === undefined || host === holder ? holder : `${holder} (on ${host})`;
}

/** The times in it are for people: nobody compares those of two machines. */
export function newLease(namespace: string, holder: Holder, seconds: number, clock: Clock): Lease {
  const time = microTime(clock.now());
  return {
    metadata: {
      name: leaseName,
      namespace,
      annotations: { [hostAnnotation]: holder.host, [hostOfAnnotation]: holder.name },
    },
    spec: {
      holderIdentity: holder.name,
      leaseDurationSeconds: seconds,
      acquireTime: time,
      renewTime: time,
      leaseTransitions: 0,
    },
  };
}

/** The same, held on, or taken over from another one. */
export function heldLease(lease: Lease, holder: Holder, seconds: number, clock: Clock): Lease {
  const { spec, metadata } = newLease(lease.metadata.namespace, holder, seconds, clock);
  const annotations = { ...lease.metadata.annotations, ...metadata.annotations };
  const { acquireTime, leaseTransitions = 0 } = lease.spec ?? {};
  const same = holderOf(lease) === holder.name;
  const since = {
    leaseTransitions: same ? leaseTransitions : leaseTransitions + 1,
    ...(same && acquireTime !== undefined ? { acquireTime } : {}),
  };
  return { ...lease, metadata: { ...lease.metadata, annotations }, spec: { ...spec, ...since } };
}

/** As client-go gives one back: it is nobody's, and over at once. */
export function releasedLease(lease: Lease, clock: Clock): Lease {
  const time = microTime(clock.now());
  const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: time };
  return { ...lease, spec };
}

function microTime(now: number): string {
  return new Date(now).toISOString().replace('Z', '000Z');
}
