import { again, fixIt } from '../../base/again.ts';
import { editRemote } from '../../base/edit-remote.ts';
import { askAdministrator } from '../../base/server-hints.ts';
import type { V1Pod } from '../../kube/kube.ts';
import type { WorkloadId } from '../workload/workload.ts';
import type { Problem } from './pod-problems.ts';

/**
 * What to type or change next, where the problem itself does not say it.
 * @param ranBefore the workload ran before the deploy, and runs again after it
 */
export function advice(problem: Problem, workload: WorkloadId, ranBefore = false): string[] {
  const { kind, namespace } = workload;
  const { reason, message, moreTimeIf } = problem;
  // No `kubectl describe pod`: the pod of a failed rollout is gone when the old version is back.
  if (moreTimeIf !== undefined) return [`set a larger spec.rollout.timeoutSeconds if ${moreTimeIf}: ${editRemote}`];
  if (reason === 'PodUnschedulable') return whenUnscheduled(problem, namespace);
  if (reason === 'ContainerCrashed') {
    return message.includes('OOMKilled') ? moreMemory(problem) : [`${fixIt}${ranBefore ? keepsRunning : ''}`];
  }
  if (reason === 'ContainerConfigError') return configured(problem, namespace);
  if (reason === 'RolloutRefused' && /quota/.test(message)) {
    // A pod of the version before may hold the place that the new one needs.
    return [...withinQuota(message, namespace), ...(kind === 'Deployment' ? [withoutSurge] : [])];
  }
  return reason === 'WorkloadChanged' ? [again] : [];
}

const keepsRunning = '; until then the previous version keeps running';

const withoutSurge =
  'or set spec.strategy.rollingUpdate.maxSurge: 0 in the Deployment, which means downtime if it has one replica';

/** By the words of the quota: `exceeded quota: team, requested: pods=1, used: pods=1, limited: pods=1`. */
export function withinQuota(message: string, namespace: string): string[] {
  const [, quota, requested = ''] = /exceeded quota: ([\w.-]+), requested: (.*?), used: /.exec(message) ?? [];
  if (quota === undefined) {
    return [`${askAdministrator} raise the quota; to see it, type: kubectl -n ${namespace} describe resourcequotas`];
  }
  const resources = requested.split(',').map((one) => one.replace(/=.*/, ''));
  const isOfResources = resources.some((one) => /^(?:requests|limits)\.|^(?:cpu|memory)$/.test(one));
  const [first, ...others] = resources;
  const what =
    others.length === 0
      ? `spec.hard.${first} of ResourceQuota ${quota}`
      : `spec.hard of ResourceQuota ${quota} for ${resources.join(' and ')}`;
  const raise = `${askAdministrator} raise ${what}`;
  return [
    `${raise}; to see it, type: kubectl -n ${namespace} describe resourcequota ${quota}`,
    ...(isOfResources ? ['or lower resources of its containers in the pod template'] : []),
  ];
}

function moreMemory({ pod, container }: Problem): string[] {
  const all = [...(pod?.spec?.initContainers ?? []), ...(pod?.spec?.containers ?? [])];
  const limit = all.find(({ name }) => name === container)?.resources?.limits?.memory;
  const now = limit === undefined ? '' : `, which is ${limit},`;
  const raise = `raise resources.limits.memory of container ${container}${now} in the pod template`;
  return [raise, `or make container ${container} use less memory`];
}

const showLabels = 'to see the labels, type: kubectl get nodes --show-labels';

const untaint = 'kubectl taint node <node> <key>-';
const taints = 'kubectl get nodes -o custom-columns=NAME:.metadata.name,TAINTS:.spec.taints';

/** By the words of the scheduler; those of volumes and of other pods have those of node affinity in them. */
export function whenUnscheduled(
  { message, pod }: { readonly message: string; readonly pod?: V1Pod | undefined },
  namespace: string,
): string[] {
  const [, resource] = /Insufficient ([\w./-]+)/.exec(message) ?? [];
  if (resource !== undefined) {
    const asked = onlyRequest(pod, resource);
    const of = asked ? ` of container ${asked.container}, which is ${asked.amount},` : '';
    const lower = `lower resources.requests.${resource}${of} in the pod template`;
    return [lower, 'or add a node; to see what is free, type: kubectl describe nodes'];
  }
  if (/persistentvolumeclaim|PersistentVolume|volume/i.test(message)) {
    return [`check the claims that the pod template names: kubectl -n ${namespace} get persistentvolumeclaims`];
  }
  if (/pod (?:anti-)?affinity|anti-affinity/.test(message)) {
    return ['correct podAffinity or podAntiAffinity in the pod template', 'or add a node'];
  }
  if (/topology spread/.test(message)) {
    return ['correct topologySpreadConstraints in the pod template', `or add a node; ${showLabels}`];
  }
  if (/node affinity|node selector|node\(s\) didn't match/.test(message)) {
    const labels = Object.entries(pod?.spec?.nodeSelector ?? {}).map(([name, value]) => `${name}=${value}`);
    if (labels.length === 0 || pod?.spec?.affinity?.nodeAffinity !== undefined) {
      return ['correct nodeSelector or affinity in the pod template', `or label a node; ${showLabels}`];
    }
    const correct = `correct nodeSelector ${labels.join(',')} in the pod template`;
    return [correct, `or label a node: kubectl label node <node> ${labels.join(' ')}`];
  }
  if (/taint/.test(message)) {
    return [
      'add a toleration in the pod template',
      `or remove the taint: ${untaint}`,
      `to see the taints, type: ${taints}`,
    ];
  }
  return ['lower resources.requests in the pod template', 'or add a node'];
}

/** What the pod asks for, where one container of it does: amounts of several may have different units. */
function onlyRequest(pod: V1Pod | undefined, resource: string) {
  const all = [...(pod?.spec?.initContainers ?? []), ...(pod?.spec?.containers ?? [])];
  const asking = all.flatMap(({ name, resources }) => {
    const amount = resources?.requests?.[resource];
    return amount === undefined ? [] : [{ container: name, amount }];
  });
  return asking.length === 1 ? asking[0] : undefined;
}

function isSet(pod: V1Pod | undefined, container: string | undefined, field: 'command' | 'args'): boolean {
  const all = [...(pod?.spec?.initContainers ?? []), ...(pod?.spec?.containers ?? [])];
  return all.find(({ name }) => name === container)?.[field] !== undefined;
}

function configured({ message, pod, unstarted }: Problem, namespace: string): string[] {
  const [, kind, name] = /(secret|configmap) "([\w.-]+)" not found/i.exec(message) ?? [];
  if (kind !== undefined) {
    const type = kind.toLowerCase() === 'secret' ? 'secret generic' : 'configmap';
    const title = type === 'configmap' ? 'ConfigMap' : 'Secret';
    const create = `kubectl -n ${namespace} create ${type} ${name} --from-literal=<key>=<value>`;
    return ['correct the name in the pod template', `or create the ${title}: ${create}`];
  }
  if (/executable file (?:`[^']*' )?not found|no such file or directory|permission denied/i.test(message)) {
    const [which = 'the container'] = /^(?:init )?container \S+|^sidecar \S+/.exec(message) ?? [];
    // runc, and crun.
    const [, ofRunc, program = ofRunc] =
      /exec: "([\w.+-]{1,60})": executable file not found|executable file `([\w.+-]{1,60})' not found/.exec(message) ??
      [];
    const install = program === undefined ? '' : `install ${program} in the image, or `;
    const ofImage = `${install}correct ENTRYPOINT and CMD of its Dockerfile`;
    // What the pod template sets replaces that of the image.
    if (isSet(pod, unstarted, 'command')) return [`${install}correct command of ${which} in the pod template`];
    return isSet(pod, unstarted, 'args') ? [ofImage, `or correct args of ${which} in the pod template`] : [ofImage];
  }
  return ['create what the pod template names', 'or correct it in the pod template'];
}
