import type { WorkloadId } from '../workload/workload.ts';
import type { Problem } from './pod-problems.ts';

/** What to type or change next, where the problem itself does not say it. */
export function advice(problem: Problem, { namespace }: WorkloadId): string[] {
  const { reason, message, moreTimeIf } = problem;
  // No `kubectl describe pod`: the pod of a failed rollout is gone when the old version is back.
  if (moreTimeIf !== undefined) return [`if ${moreTimeIf}, set a larger rollout.timeoutSeconds in the Remote`];
  if (reason === 'PodUnschedulable') return [unscheduled(message, namespace)];
  if (reason === 'ContainerCrashed') return [message.includes('out of memory') ? moreMemory(problem) : fixIt];
  if (reason === 'ContainerConfigError') return [configured(message, namespace)];
  if (reason === 'RolloutRefused' && /quota/.test(message)) {
    return [`raise the quota, or ask for less in the pod template: kubectl -n ${namespace} describe resourcequotas`];
  }
  return reason === 'WorkloadChanged' ? ['push again'] : [];
}

const fixIt = 'fix it, commit, and push again; until then the previous version keeps running';

function moreMemory({ pod, container }: Problem): string {
  const all = [...(pod?.spec?.initContainers ?? []), ...(pod?.spec?.containers ?? [])];
  const limit = all.find(({ name }) => name === container)?.resources?.limits?.memory;
  const now = limit === undefined ? '' : `, which is ${limit}`;
  return `raise resources.limits.memory of container ${container} in the pod template${now}, or make it use less`;
}

/** By the words of the scheduler. */
function unscheduled(message: string, namespace: string): string {
  const [, resource] = /Insufficient ([\w./-]+)/.exec(message) ?? [];
  if (resource !== undefined) {
    return `ask for less ${resource} in resources.requests of the pod template, or add a node: kubectl describe nodes`;
  }
  if (/node affinity|node selector|node\(s\) didn't match/.test(message)) {
    return 'correct nodeSelector or affinity of the pod template, or label a node: kubectl get nodes --show-labels';
  }
  if (/taint/.test(message)) {
    return 'add a toleration to the pod template, or remove the taint: kubectl describe nodes';
  }
  if (/persistentvolumeclaim|PersistentVolume|volume/i.test(message)) {
    return `check the claims that the pod template names: kubectl -n ${namespace} get persistentvolumeclaims`;
  }
  return 'ask for less in resources.requests of the pod template, or add a node';
}

function configured(message: string, namespace: string): string {
  const [, kind, name] = /(secret|configmap) "([\w.-]+)" not found/i.exec(message) ?? [];
  if (kind !== undefined) {
    const type = kind.toLowerCase() === 'secret' ? 'secret generic' : 'configmap';
    return `create it, or correct the pod template: kubectl -n ${namespace} create ${type} ${name} --from-literal=<key>=<value>`;
  }
  if (/executable file not found|no such file or directory|permission denied/.test(message)) {
    return "correct the command: it is 'command' of the container in the pod template, or ENTRYPOINT and CMD of its Dockerfile";
  }
  return 'create what the pod template names, or correct the pod template';
}
