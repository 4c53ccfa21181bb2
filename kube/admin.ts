/**
 * What an operator's program asks of the API server, as the operator. It is not part of `Kube`, so that the server
 * has no call that its own rights do not cover, and its errors are for the person at the keyboard.
 */

import type { Clock } from '../base/clock.ts';
import { GitkubeError } from '../base/errors.ts';
import { silentLogger } from '../base/log.ts';
import { type AccessAdmin, accessAdmin } from './access-admin.ts';
import type { AdminRequest } from './admin-request.ts';
import { loadKubeConfig } from './config.ts';
import { NoAnswer } from './errors.ts';
import { type ExecAdmin, execAdmin } from './exec-admin.ts';
import type { Kube } from './kube.ts';
import { type ObjectAdmin, objectAdmin } from './object-admin.ts';
import { type RemoteAdmin, remoteAdmin } from './remote-admin.ts';
import { type SchemaAdmin, schemaAdmin } from './schema-admin.ts';
import { Transport } from './transport.ts';
import { defaultWatchSettings, ResilientWatch } from './watch.ts';

export interface AdminOptions {
  /** Path of a kubeconfig; unset: `$KUBECONFIG`, `~/.kube/config`, the pod's service account. */
  readonly kubeconfig?: string | undefined;
  /** Unset: the current context. */
  readonly context?: string | undefined;
  readonly clock: Clock;
  /** How long a call may take, in milliseconds; unset: 30000. */
  readonly callTimeoutMs?: number;
}

export interface KubeAdmin extends RemoteAdmin, ObjectAdmin, AccessAdmin, SchemaAdmin, ExecAdmin, Pick<Kube, 'watch'> {
  /** The address of the API server. */
  readonly server: string;
  /** The namespace of the context, `default` when it names none. */
  readonly namespace: string;
  /** Ends kept connections, so that the process can end. */
  close(): void;
}

/** Throws `ConfigInvalid` when there is no usable kubeconfig; does not connect. */
export function createAdmin(options: AdminOptions): KubeAdmin {
  const config = loadKubeConfig(options.kubeconfig, options.context);
  const transport = new Transport(config, options.clock);
  const server = config.getCurrentCluster()?.server ?? '';
  const { callTimeoutMs: timeoutMs = 30_000 } = options;
  const request: AdminRequest = ({ path, ...call }) =>
    transport.send({ ...call, url: transport.url(path), timeoutMs }).catch((thrown) => {
      throw thrown instanceof NoAnswer ? unreachable(server, thrown) : thrown;
    });
  return {
    server,
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? 'default',
    ...remoteAdmin(request),
    ...objectAdmin(request),
    ...accessAdmin(request),
    ...schemaAdmin(request),
    ...execAdmin(config),
    watch: (collection, handler, signal) =>
      new ResilientWatch({
        transport,
        collection,
        handler,
        signal,
        settings: defaultWatchSettings,
        log: silentLogger,
        clock: options.clock,
        random: Math.random,
      }),
    close: () => transport.close(),
  };
}

function unreachable(server: string, cause: NoAnswer): GitkubeError {
  return new GitkubeError('ClusterUnavailable', `${cause.message} (${server})`, {
    hint: [
      'to see whether it answers, type: kubectl cluster-info',
      'or choose another cluster with --context or --kubeconfig',
    ],
    cause,
  });
}
