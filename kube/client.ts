import {
  CoreV1Api,
  CustomObjectsApi,
  createConfiguration,
  type KubeConfig,
  type RequestContext,
  ResponseContext,
  ServerConfiguration,
  wrapHttpLibrary,
} from '@kubernetes/client-node';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { attempt, callOrThrow, callOrUndefined, fieldManager, patchType } from './api-call.ts';
import { type AttachCalls, attachCalls } from './attach-calls.ts';
import { loadKubeConfig } from './config.ts';
import { type ConfigCalls, configCalls } from './config-calls.ts';
import { type Call, fromStatus } from './errors.ts';
import { type JobCalls, jobCalls } from './job-calls.ts';
import type { Kube, KubeObject } from './kube.ts';
import { type LeaseCalls, leaseCalls } from './lease-calls.ts';
import { logLines } from './log-lines.ts';
import { type ObjectCalls, objectCalls } from './object-calls.ts';
import { type PodLogCalls, podLogCalls } from './pod-log-calls.ts';
import { type RemoteCalls, remoteCalls } from './remote-calls.ts';
import { type SecretCalls, secretCalls } from './secret-calls.ts';
import { type ServiceCalls, serviceCalls } from './service-calls.ts';
import { type TokenReviewCalls, tokenReviewCalls } from './token-review.ts';
import { Transport } from './transport.ts';
import { defaultWatchSettings, ResilientWatch, type WatchSettings } from './watch.ts';
import { workloadCalls } from './workload-calls.ts';

export interface KubeOptions {
  /** Path of a kubeconfig; unset: `$KUBECONFIG`, `~/.kube/config`, the pod's service account. */
  readonly kubeconfig?: string | undefined;
  /** Unset: the current context. */
  readonly context?: string | undefined;
  readonly log: Logger;
  readonly clock: Clock;
  /** A number in [0, 1), for the jitter of back-offs. */
  readonly random?: () => number;
  readonly watchSettings?: Partial<WatchSettings>;
}

const callTimeoutMs = 30_000;
/** Larger than anybody reads in a terminal; the kubelet would send a single line of any length. */
const logBytes = 256 * 1024;

export interface ConnectedKube extends Kube {
  /** Breaks off what is under way, so that the process can end. */
  close(): void;
}

/** Throws `ConfigInvalid` when there is no usable kubeconfig; does not connect. */
export function createKube(options: KubeOptions): ConnectedKube {
  const config = loadKubeConfig(options.kubeconfig, options.context);
  const transport = new Transport(config, options.clock);
  return {
    ...apiCalls(config, transport),
    ...attachCalls(config),
    ...configCalls(transport),
    ...jobCalls(transport),
    ...leaseCalls(transport),
    ...objectCalls(transport),
    ...podLogCalls(transport),
    ...remoteCalls(transport),
    ...secretCalls(transport),
    ...serviceCalls(transport),
    ...tokenReviewCalls(transport),
    ...watching(transport, options),
    close: () => transport.close(),
  };
}

function watching(transport: Transport, options: KubeOptions): Pick<Kube, 'watch'> {
  const settings = { ...defaultWatchSettings, ...options.watchSettings };
  const { log, clock, random = Math.random } = options;
  return {
    watch: (collection, handler, signal) =>
      new ResilientWatch({ transport, collection, handler, signal, settings, log, clock, random }),
  };
}

type TypedCalls = Omit<
  Kube,
  | 'watch'
  | keyof AttachCalls
  | keyof ConfigCalls
  | keyof JobCalls
  | keyof LeaseCalls
  | keyof ObjectCalls
  | keyof PodLogCalls
  | keyof RemoteCalls
  | keyof SecretCalls
  | keyof ServiceCalls
  | keyof TokenReviewCalls
>;

function apiCalls(config: KubeConfig, transport: Transport): TypedCalls {
  const configuration = apiConfiguration(config, transport);
  const core = new CoreV1Api(configuration);
  const custom = new CustomObjectsApi(configuration);
  const remotes = { group: 'gitkube.sh', version: 'v1alpha1', plural: 'remotes' };

  return {
    ...workloadCalls(configuration),

    getSecret: (namespace, name) =>
      callOrUndefined({ verb: 'get', resource: 'secrets', namespace, name }, () =>
        core.readNamespacedSecret({ namespace, name }),
      ),

    listPods: async (namespace, labelSelector) => {
      const call: Call = { verb: 'list', resource: 'pods', namespace };
      return (await callOrThrow(call, () => core.listNamespacedPod({ namespace, labelSelector }))).items;
    },

    listEvents: async (namespace, involvedUid) => {
      const call: Call = { verb: 'list', resource: 'events', namespace };
      const fieldSelector = `involvedObject.uid=${involvedUid},type=Warning`;
      const events = (await callOrThrow(call, () => core.listNamespacedEvent({ namespace, fieldSelector }))).items;
      return events.sort((a, b) => eventTime(a) - eventTime(b));
    },

    podLog: async (namespace, name, { container, tailLines, previous }) => {
      const call: Call = { verb: 'get', resource: 'pods/log', namespace, name };
      const text = await attempt(
        () => core.readNamespacedPodLog({ namespace, name, container, tailLines, previous, limitBytes: logBytes }),
        (status) => {
          // 400: the container has not started yet, or there is no previous one. 404: the pod is gone.
          if (status.code === 400 || status.code === 404) return '';
          throw fromStatus(status, call);
        },
      );
      return logLines(text);
    },

    patchRemoteStatus: async (namespace, name, status) => {
      const patched = await callOrUndefined({ verb: 'patch', resource: 'remotes/status', namespace, name }, () =>
        custom.patchNamespacedCustomObjectStatus(
          { ...remotes, namespace, name, body: { status }, fieldManager },
          patchType('MergePatch'),
        ),
      );
      return (patched as KubeObject | undefined)?.metadata?.resourceVersion ?? '';
    },

    createEvent: async (namespace, body) => {
      await callOrThrow({ verb: 'create', resource: 'events', namespace }, () =>
        core.createNamespacedEvent({ namespace, body, fieldManager }),
      );
    },

    patchEvent: async (namespace, name, body) => {
      const patched = await callOrUndefined({ verb: 'patch', resource: 'events', namespace, name }, () =>
        core.patchNamespacedEvent({ namespace, name, body, fieldManager }, patchType('MergePatch')),
      );
      return patched !== undefined;
    },
  };
}

function apiConfiguration(config: KubeConfig, transport: Transport) {
  const httpApi = wrapHttpLibrary({ send: (request) => sendThrough(transport, request) });
  const baseServer = new ServerConfiguration(config.getCurrentCluster()?.server.replace(/\/+$/, '') ?? '', {});
  return createConfiguration({ baseServer, httpApi });
}

async function sendThrough(transport: Transport, request: RequestContext): Promise<ResponseContext> {
  const body = request.getBody();
  const answer = await transport.send({
    method: request.getHttpMethod(),
    url: new URL(request.getUrl()),
    headers: request.getHeaders(),
    ...(typeof body === 'string' ? { body } : {}),
    timeoutMs: callTimeoutMs,
  });
  return new ResponseContext(answer.status, answer.headers, {
    text: async () => answer.body,
    binary: async () => Buffer.from(answer.body),
    stream: () => null,
  });
}

function eventTime(event: { lastTimestamp?: Date; eventTime?: Date; metadata: { creationTimestamp?: Date } }): number {
  return (event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp)?.getTime() ?? 0;
}
