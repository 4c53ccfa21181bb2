import { askedLogLines, lineOfError, linesThatMatter } from '../../base/log-lines.ts';
import { plain } from '../../base/text.ts';
import type { AnyObject, V1Pod } from '../../kube/kube.ts';
import type { KubeDeps } from '../../kube/retrying-kube.ts';
import { fieldAt, groupOf, isPod } from '../objects/object-fields.ts';
import { isFields } from '../objects/objects.ts';

export interface Evidence {
  /** What its container came to; undefined: there is none that says more. */
  readonly what: string | undefined;
  /** The last lines of its log, or the events about the object. */
  readonly lines: readonly string[];
  /** The line of the log that says best what went wrong, of a container that ended with an error. */
  readonly said: string | undefined;
}

type ContainerStatus = NonNullable<NonNullable<V1Pod['status']>['containerStatuses']>[number];

interface Suspect {
  readonly pod: V1Pod;
  readonly container: ContainerStatus;
}

const eventLines = 5;

/**
 * What makes an object not work, as far as its pods and the events about it show: read with the rights of Gitkube, which
 * has them for the pods of every workload. Evidence is never an error of its own.
 */
export async function evidenceOf(deps: KubeDeps, object: AnyObject): Promise<Evidence> {
  const suspect = worst(await podsOf(deps, object));
  const { namespace = '', uid } = object.metadata;
  const [events, log] = await Promise.all([
    namespace === '' ? [] : warningsOf(deps, namespace, [uid, suspect?.pod.metadata?.uid]),
    suspect ? logOf(deps, suspect) : [],
  ]);
  // The words of a container that has ended say most.
  const hasLog = suspect && exitOf(suspect.container) && log.length > 1;
  return {
    what: suspect && wordsOf(suspect),
    lines: hasLog ? log : [...events, ...log],
    said: hasLog ? lineOfError(log.slice(1), 'last') : undefined,
  };
}

/**
 * The pods of whatever has a selector; a pod has itself. A selector alone can name the pods of others, whose logs the
 * account of the manifests may not be allowed to read: only those that the object controls count.
 */
async function podsOf({ kube }: KubeDeps, object: AnyObject): Promise<V1Pod[]> {
  const { namespace } = object.metadata;
  if (isPod(object)) return [object as unknown as V1Pod];
  const selector = fieldAt(object, 'spec.selector.matchLabels') ?? fieldAt(object, 'spec.selector');
  if (namespace === undefined || !isFields(selector) || fieldAt(object, 'spec.template') === undefined) return [];
  const labels = Object.entries(selector).filter((pair) => typeof pair[1] === 'string');
  if (labels.length === 0) return [];
  const selected = labels.map(([name, value]) => `${name}=${value}`).join(',');
  const pods = await kube.listPods(namespace, selected).catch(() => []);
  return pods.filter((pod) => isControlled(pod, object));
}

/** A Deployment controls a pod through a ReplicaSet, which has the name of both. */
function isControlled({ metadata }: V1Pod, object: AnyObject): boolean {
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller);
  if (owner?.uid === undefined) return false;
  if (owner.uid === object.metadata.uid) return true;
  const isDeployment = object.kind === 'Deployment' && groupOf(object) === 'apps';
  const hash = metadata?.labels?.['pod-template-hash'];
  return isDeployment && owner.kind === 'ReplicaSet' && owner.name === `${object.metadata.name}-${hash}`;
}

/** The container that ended with an error last; else one that cannot start; else one that still runs. */
function worst(pods: readonly V1Pod[]): Suspect | undefined {
  const all = pods.flatMap((pod) =>
    [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])].map((container) => ({
      pod,
      container,
    })),
  );
  const ended = all
    .filter(({ container }) => (exitOf(container)?.exitCode ?? 0) !== 0)
    .sort((a, b) => endedAt(b.container) - endedAt(a.container));
  const stuck = all.find(({ container }) => {
    const why = container.state?.waiting?.reason;
    return why !== undefined && !['ContainerCreating', 'PodInitializing'].includes(why);
  });
  return ended[0] ?? stuck ?? all.find(({ container }) => container.state?.running);
}

function exitOf({ state, lastState }: ContainerStatus) {
  return state?.terminated ?? lastState?.terminated;
}

function endedAt(container: ContainerStatus): number {
  const at = exitOf(container)?.finishedAt;
  return at === undefined ? 0 : new Date(at).getTime();
}

function wordsOf({ container }: Suspect): string | undefined {
  const { name, state } = container;
  const exit = exitOf(container);
  if (exit && exit.exitCode !== 0) {
    const killed = exit.reason === 'OOMKilled' ? 'was killed (OOMKilled)' : `exited with code ${exit.exitCode}`;
    return `container ${name} ${killed}`;
  }
  const { reason, message } = state?.waiting ?? {};
  if (reason === undefined) return undefined;
  return `container ${name} cannot start: ${plain(message || reason, 500)}`;
}

async function warningsOf({ kube }: KubeDeps, namespace: string, uids: readonly unknown[]): Promise<string[]> {
  const known = uids.filter((uid) => typeof uid === 'string');
  const found = await Promise.all(known.map((uid) => kube.listEvents(namespace, uid).catch(() => [])));
  const messages = found.flat().flatMap(({ message }) => (message ? [plain(message, 500)] : []));
  return [...new Set(messages)].slice(-eventLines);
}

async function logOf({ kube, clock }: KubeDeps, { pod, container }: Suspect): Promise<string[]> {
  const { namespace = '', name = '' } = pod.metadata ?? {};
  const hasEnded = exitOf(container) !== undefined;
  // The kubelet shows the log of a container that has just ended a moment late, hence the back-off.
  for (const pauseMs of hasEnded ? [0, 200, 800] : [0]) {
    if (pauseMs > 0) await clock.delay(pauseMs);
    for (const previous of hasEnded ? [false, true] : [false]) {
      const options = { container: container.name, previous, tailLines: askedLogLines };
      const lines = await kube.podLog(namespace, name, options).catch(() => []);
      if (lines.length > 0) {
        const shown = linesThatMatter(lines).map((line) => `  ${plain(line, 500)}`);
        return [`the last lines of container ${container.name} in pod ${name}:`, ...shown];
      }
    }
  }
  return hasEnded ? [`container ${container.name} in pod ${name} left no log`] : [];
}
