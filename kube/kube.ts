/**
 * What Gitkube asks of a Kubernetes API server, as some typed calls. Everything above this folder is given a
 * `Kube` and never sees the client library.
 *
 * Every call throws a GitkubeError: `ClusterUnavailable` (transient: no answer, 429, 5xx), `ClusterForbidden` (403,
 * naming verb, resource and namespace). A missing object is `undefined`, not an error.
 */
import type { CoreV1Event, V1Job, V1Pod, V1ReplicaSet, V1Secret } from '@kubernetes/client-node';
import type { GitkubeError } from '../base/errors.ts';
import type { AttachCalls } from './attach-calls.ts';
import type { ConfigCalls } from './config-calls.ts';
import type { JobCalls } from './job-calls.ts';
import type { LeaseCalls } from './lease-calls.ts';
import type { ObjectCalls } from './object-calls.ts';
import type { PodLogCalls } from './pod-log-calls.ts';
import type { RemoteCalls } from './remote-calls.ts';
import type { SecretCalls } from './secret-calls.ts';
import type { ServiceCalls } from './service-calls.ts';
import type { TokenReviewCalls } from './token-review.ts';
import type { WorkloadCalls } from './workload.ts';

export type { AttachCalls, Attachment, AttachOptions, AttachTarget } from './attach-calls.ts';
export type * from './config-calls.ts';
export type { JobCalls, JobRef } from './job-calls.ts';
export type { Lease } from './lease-calls.ts';
export type * from './object-calls.ts';
export type { PodLogCalls, PodLogLine, PodLogOptions } from './pod-log-calls.ts';
export type { NewSecret } from './secret-calls.ts';
export type { V1Node, V1Service } from './service-calls.ts';
export type { ReviewedToken, TokenReviewCalls } from './token-review.ts';
export type * from './workload.ts';
export type { V1Job, V1Pod, V1ReplicaSet, V1Secret };
export type KubeEvent = CoreV1Event;

/** RFC 6902. A failed `test` answers `refused`, see `patchWorkload`. */
export type JsonPatch = readonly (
  | { readonly op: 'test' | 'replace' | 'add'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }
)[];

export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly generation?: number;
    readonly resourceVersion?: string;
    /** The object goes away once its finalizers are gone. RFC 3339; a date in built-in kinds. */
    readonly deletionTimestamp?: string | Date;
    readonly finalizers?: readonly string[];
  };
}

/** A collection to list and watch. */
export interface Collection {
  /** The API path, for example `/apis/gitkube.sh/v1alpha1/remotes`. */
  readonly path: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** The user to impersonate; unset: Gitkube's own rights decide. */
  readonly as?: string;
}

/** A watch that reconnects: its owner sees the state of the cluster, whatever happened on the wire. */
export interface Watch<T extends KubeObject> extends AsyncDisposable {
  /** Resolves when the first list is in; rejects only when `signal` ends it before. */
  readonly synced: Promise<void>;
  /** True while the last list or event is fresh: what readiness reports. */
  readonly healthy: boolean;
  /** How often the connection was opened again, for metrics. */
  readonly restarts: number;
  /** The objects as of now, by `namespace/name`. */
  readonly objects: ReadonlyMap<string, T>;
}

export interface WatchHandler<T extends KubeObject> {
  /** An object is new or changed. Thrown errors are logged and never stop the watch. */
  upsert(object: T): void;
  /** An object is gone; also called after a re-list that no longer has it. */
  remove(object: T): void;
  /** A right is missing. The watch tries again; its owner may end it. */
  refused?(error: GitkubeError): void;
}

export interface Kube
  extends AttachCalls,
    ConfigCalls,
    JobCalls,
    LeaseCalls,
    ObjectCalls,
    PodLogCalls,
    RemoteCalls,
    SecretCalls,
    ServiceCalls,
    TokenReviewCalls,
    WorkloadCalls {
  getSecret(namespace: string, name: string): Promise<V1Secret | undefined>;
  listPods(namespace: string, labelSelector: string): Promise<V1Pod[]>;
  /** Warning events about one object, newest last. */
  listEvents(namespace: string, involvedUid: string): Promise<KubeEvent[]>;
  /** The last lines of a container; empty when there is no log (yet, or any more). */
  podLog(
    namespace: string,
    pod: string,
    options: { container: string; tailLines: number; previous: boolean },
  ): Promise<string[]>;
  /**
   * Merge patch of the status subresource of a Remote. A Remote that is gone is no error.
   * @returns the resource version that it has now; empty: it is gone
   */
  patchRemoteStatus(namespace: string, name: string, status: object): Promise<string>;
  createEvent(namespace: string, event: KubeEvent): Promise<void>;
  /** Merge patch of an event, for counting its repeats. False: there is none of that name (any more). */
  patchEvent(namespace: string, name: string, change: object): Promise<boolean>;
  watch<T extends KubeObject>(collection: Collection, handler: WatchHandler<T>, signal: AbortSignal): Watch<T>;
}
