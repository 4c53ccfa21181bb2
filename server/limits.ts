import type { Config } from './config.ts';
import type { ReceiveLimits } from './git/git-process.ts';
import type { SshLimits } from './ssh/server.ts';

/** What one client, or one push, may take: the settings for it, and what nobody has to set. */
export function sshLimits(config: Config): SshLimits {
  return {
    loginGraceMs: config.GITKUBE_LOGIN_GRACE_SECONDS * 1000,
    maxConnections: config.GITKUBE_MAX_CONNECTIONS,
    maxUnauthenticated: 100,
    maxUnauthenticatedPerSource: 20,
    maxSessionsPerConnection: 10,
    idleMs: 60_000,
    silentMs: 90_000,
    unreadMs: 60_000,
    maxConnectionsPerKey: config.GITKUBE_MAX_CONNECTIONS_PER_KEY,
    patienceMs: 2_000,
    throttle: { freeFailures: 5, firstMs: 100, maxMs: 2_000, forgetMs: 600_000 },
  };
}

/** Half of all connections: the pushes of one namespace leave the other half to the others, and to fetches. */
export function maxPushesOfNamespace({ GITKUBE_MAX_CONNECTIONS: connections }: Config): number {
  return Math.max(1, Math.floor(connections / 2));
}

export function receiveLimits(config: Config, hooksFolder: string): ReceiveLimits {
  return {
    hooksFolder,
    maxPackBytes: config.GITKUBE_MAX_PACK_BYTES,
    maxRepositoryBytes: config.GITKUBE_MAX_REPOSITORY_BYTES,
    minFreeBytes: config.GITKUBE_MIN_FREE_BYTES,
    maxMemoryBytes: config.GITKUBE_MAX_GIT_MEMORY_BYTES,
    maxReceiveMs: config.GITKUBE_RECEIVE_TIMEOUT_SECONDS * 1000,
  };
}

// AbortSignal.timeout takes whole milliseconds only.

/** How long rollouts may go on after the signal to stop; the rest is for the steps below, one after the other. */
export function finishMs({ GITKUBE_SHUTDOWN_GRACE_SECONDS: seconds }: Config): number {
  return Math.floor(Math.max(seconds - 10, seconds * 0.8) * 1000);
}

/**
 * How long what is restored may be waited for after the signal to stop. It is restored all the same: what then does not
 * run yet is looked after by the next server.
 */
export function restoreMs(config: Config): number {
  return Math.floor(finishMs(config) + restOf(config) * 0.3);
}

/** How long clients have to read why they are sent away. */
export function farewellMs(config: Config): number {
  return Math.floor(restOf(config) * 0.25);
}

/** How long the end waits for statuses and Events: an API server that answers takes them at once, another one never. */
export function lastWordsMs(config: Config): number {
  return Math.floor(restOf(config) * 0.25);
}

/** How long the end waits for Leases to be given back. */
export function returnMs(config: Config): number {
  return Math.floor(restOf(config) * 0.1);
}

function restOf(config: Config): number {
  return config.GITKUBE_SHUTDOWN_GRACE_SECONDS * 1000 - finishMs(config);
}

/** How long the start waits for the Leases of namespaces; their pushes are refused until they come. */
export const leaseMs = 10_000;
