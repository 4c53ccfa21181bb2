import { AppsV1Api, BatchV1Api, type Configuration, CoreV1Api } from '@kubernetes/client-node';
import { GitkubeError } from '../base/errors.ts';
import { attempt, callOrUndefined, fieldManager, patchType } from './api-call.ts';
import { type Call, fromCreateStatus, fromPatchStatus, fromStatus } from './errors.ts';
import type { JsonPatch } from './kube.ts';
import { type Workload, type WorkloadCalls, type WorkloadKind, workloadResource } from './workload.ts';

type Place = { readonly namespace: string; readonly name: string };
type PatchOf = Place & { readonly body: JsonPatch; readonly fieldManager: string };

interface KindCalls {
  read(place: Place): Promise<Workload>;
  list(page: {
    readonly namespace: string;
    readonly limit: number;
  }): Promise<{ readonly items: readonly Omit<Workload, 'kind'>[] }>;
  patch(patch: PatchOf): Promise<Workload>;
}

export function workloadCalls(configuration: Configuration): WorkloadCalls {
  const kinds = callsByKind(configuration);
  const core = new CoreV1Api(configuration);
  const list = async (kind: WorkloadKind, namespace: string, limit: number) => {
    const call: Call = { verb: 'list', resource: workloadResource[kind], namespace };
    const found = await attempt(
      () => kinds[kind].list({ namespace, limit }),
      (status) => {
        throw fromStatus(status, call);
      },
    );
    return found.items.map((item) => ({ ...item, kind }) as Workload);
  };
  return {
    getWorkload: (kind, namespace, name) =>
      callOrUndefined({ verb: 'get', resource: workloadResource[kind], namespace, name }, () =>
        kinds[kind].read({ namespace, name }),
      ),

    listWorkloads: (kind, namespace) => list(kind, namespace, 500),

    workloadNames: async (kind, namespace) =>
      (await list(kind, namespace, 100)).map(({ metadata }) => metadata?.name ?? ''),

    patchWorkload: (kind, namespace, name, body) => {
      const call: Call = { verb: 'patch', resource: workloadResource[kind], namespace, name };
      return attempt(
        () => kinds[kind].patch({ namespace, name, body, fieldManager }),
        (status) => {
          if (status.code !== 404) throw fromPatchStatus(status, call);
          throw new GitkubeError('WorkloadNotFound', `namespace ${namespace} has no ${kind} ${name}`);
        },
      );
    },

    createPod: (namespace, body) =>
      attempt(
        () => core.createNamespacedPod({ namespace, body, fieldManager }),
        (status) => {
          throw fromCreateStatus(status, { verb: 'create', resource: 'pods', namespace });
        },
      ),

    deletePod: async (namespace, name, uid) => {
      const call: Call = { verb: 'delete', resource: 'pods', namespace, name };
      await attempt<unknown>(
        () =>
          core.deleteNamespacedPod({ namespace, name, ...(uid !== undefined && { body: { preconditions: { uid } } }) }),
        (status) => {
          // 409: the pod of that name is another one by now.
          if (status.code !== 404 && status.code !== 409) throw fromStatus(status, call);
        },
      );
    },
  };
}

function callsByKind(configuration: Configuration): Record<WorkloadKind, KindCalls> {
  const apps = new AppsV1Api(configuration);
  const batch = new BatchV1Api(configuration);
  const json = patchType('JsonPatch');
  return {
    Deployment: {
      read: async (place) => ({ ...(await apps.readNamespacedDeployment(place)), kind: 'Deployment' }),
      list: (page) => apps.listNamespacedDeployment(page),
      patch: async (patch) => ({ ...(await apps.patchNamespacedDeployment(patch, json)), kind: 'Deployment' }),
    },
    StatefulSet: {
      read: async (place) => ({ ...(await apps.readNamespacedStatefulSet(place)), kind: 'StatefulSet' }),
      list: (page) => apps.listNamespacedStatefulSet(page),
      patch: async (patch) => ({ ...(await apps.patchNamespacedStatefulSet(patch, json)), kind: 'StatefulSet' }),
    },
    DaemonSet: {
      read: async (place) => ({ ...(await apps.readNamespacedDaemonSet(place)), kind: 'DaemonSet' }),
      list: (page) => apps.listNamespacedDaemonSet(page),
      patch: async (patch) => ({ ...(await apps.patchNamespacedDaemonSet(patch, json)), kind: 'DaemonSet' }),
    },
    CronJob: {
      read: async (place) => ({ ...(await batch.readNamespacedCronJob(place)), kind: 'CronJob' }),
      list: (page) => batch.listNamespacedCronJob(page),
      patch: async (patch) => ({ ...(await batch.patchNamespacedCronJob(patch, json)), kind: 'CronJob' }),
    },
  };
}
