import type { RemoteEntry } from './remote-entry.ts';
import type { Condition, PushStatus, ReleaseStatus, TaskStatus, TokenStatus } from './status-schema.ts';

/** A push that is under way. */
export interface PushingFact {
  readonly id: string;
  readonly commit: string;
  readonly by: string;
}

/** Whether workloads run what the last release says. */
export interface InSyncFact {
  readonly status: Condition['status'];
  readonly reason: string;
  readonly message: string;
}

/** Whether the pods of the last release ran on after it. */
export type WatchedFact = InSyncFact;

/** What only the server knows. What it has not said yet stays as the status has it, so a restart loses nothing. */
export interface StatusFacts {
  readonly pushing?: PushingFact | undefined;
  /** The deploy branch once it is decided. */
  readonly branch?: string | undefined;
  /** Newest first. */
  readonly releases?: readonly ReleaseStatus[] | undefined;
  readonly lastPush?: PushStatus | undefined;
  /** `unreported`: nobody compares, so the status must not go on to say what was true once. */
  readonly inSync?: InSyncFact | 'unreported' | undefined;
  /** `unreported`: what runs is not watched. */
  readonly watched?: WatchedFact | 'unreported' | undefined;
  /** `unreported`: a release was made since. */
  readonly databaseAhead?: InSyncFact | 'unreported' | undefined;
  /** Of one deploy. */
  readonly tasks?: readonly TaskStatus[] | undefined;
  /** Uses of tokens since the start of the server. */
  readonly tokens?: readonly TokenStatus[] | undefined;
  /** The ids of all that there are; unset: not known. */
  readonly keptTokens?: readonly string[] | undefined;
}

/** Why there is no address to push to. */
export type AddressReason = 'NoLoadBalancerAddress' | 'NodeAddressUnknown' | 'NotExposed' | 'ServiceUnknown';

export interface RemoteUrl {
  /** Empty when there is none. */
  readonly url: string;
  /** Why there is no URL; else empty. */
  readonly description: string;
  readonly reason?: AddressReason;
  /** The one over HTTPS; unset: none is known. */
  readonly httpsUrl?: string;
}

/** What is known of what is deployed: by the Remote's own fields, or to one of its environments. */
export interface Known {
  readonly entry: RemoteEntry;
  readonly facts: StatusFacts;
}
