import { GitkubeError } from '../base/errors.ts';
import { type Call, fromStatus, readStatus } from './errors.ts';
import type { KubeObject } from './kube.ts';
import { parseObject } from './objects.ts';
import type { Transport } from './transport.ts';

/** A Lease of coordination.k8s.io/v1, as JSON. */
export interface Lease extends KubeObject {
  readonly metadata: NonNullable<KubeObject['metadata']> & {
    readonly name: string;
    readonly namespace: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: {
    /** Empty: nobody. */
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    /** RFC 3339 with microseconds, by the clock of the holder. */
    readonly acquireTime?: string;
    readonly renewTime?: string;
    /** How often its holder changed. */
    readonly leaseTransitions?: number;
  };
}

export interface LeaseCalls {
  /** `exists`: there is one of that name. `no namespace`: there is none, or it is being deleted. */
  createLease(lease: Lease): Promise<Lease | 'exists' | 'no namespace'>;
  /** Replaces exactly the version that `lease` names. `changed`: it has another version now. */
  replaceLease(lease: Lease): Promise<Lease | 'changed' | 'gone'>;
}

/** Shorter than other calls: who holds a Lease has to know in time whether it still does. */
const timeoutMs = 10_000;

/** Where Leases are listed and watched. @param namespace unset: of all namespaces */
export function leasesPath(namespace?: string): string {
  const place = namespace === undefined ? '' : `/namespaces/${namespace}`;
  return `/apis/coordination.k8s.io/v1${place}/leases`;
}

export function leaseCalls(transport: Transport): LeaseCalls {
  const send = (method: 'POST' | 'PUT', path: string, lease: Lease) =>
    transport.send({
      method,
      url: transport.url(`${path}?fieldManager=gitkube`),
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', ...lease }),
      timeoutMs,
    });
  return {
    createLease: async (lease) => {
      const { namespace } = lease.metadata;
      const path = leasesPath(namespace);
      const answer = await send('POST', path, lease);
      if (answer.status < 300) return read(answer.body, path);
      const status = readStatus(answer.status, answer.body);
      if (status.code === 409) return 'exists';
      const ends = status.code === 403 && /because it is being terminated$/.test(status.message);
      if (status.code === 404 || ends) return 'no namespace';
      throw fromStatus(status, callOf('create', lease));
    },

    replaceLease: async (lease) => {
      const { namespace, name } = lease.metadata;
      const path = `${leasesPath(namespace)}/${name}`;
      const answer = await send('PUT', path, lease);
      if (answer.status < 300) return read(answer.body, path);
      if (answer.status === 409) return 'changed';
      if (answer.status === 404) return 'gone';
      throw fromStatus(readStatus(answer.status, answer.body), callOf('update', lease));
    },
  };
}

function read(body: string, path: string): Lease {
  const lease = parseObject(body, { path }) as Lease | undefined;
  if (lease?.metadata?.resourceVersion !== undefined) return lease;
  throw new GitkubeError('ClusterUnavailable', 'the Kubernetes API answers for a Lease with something else');
}

function callOf(verb: string, { metadata: { namespace, name } }: Lease): Call {
  return { verb, resource: 'leases', namespace, name };
}
