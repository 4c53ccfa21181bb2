import { readdir } from 'node:fs/promises';
import { callApi } from '../support/api-server.ts';
import { descendants, isRunning } from '../support/processes.ts';
import { leftovers } from './agreement.ts';
import type { World } from './world.ts';

/**
 * What a push that is over has left, one line for each thing.
 * @param before processes of its time
 * @param isFailing what runs does not run: Kubernetes leaves pods of another version until it does
 */
export async function leaks(world: World, before: readonly number[], isFailing = false): Promise<string[]> {
  const { gitkube, door, engine, gate, dataFolder, temporary } = world;
  const running = descendants(gitkube.pid).map(({ command }) => command);
  const orphans = before.filter(isRunning);
  const files = [...(await leftovers(dataFolder)), ...(await readdir(temporary))];
  return [
    ...running.map((command) => `still runs: ${command}`),
    ...orphans.map((pid) => `still runs: process ${pid} of the push`),
    ...files.map((file) => `left over: ${file}`),
    ...counted(door.connections, 'connections of clients'),
    ...counted(engine.connections, 'connections to the engine'),
    ...counted(gate.waiting, 'builds and containers before the gate'),
    ...(await strayPods(world, isFailing)),
  ];
}

function counted(number: number, what: string): string[] {
  return number === 0 ? [] : [`${what}: ${number}`];
}

/** Of a version that is not the one of the workload, of a run, or of a task that nobody waits for. */
async function strayPods({ project, places }: World, isFailing: boolean): Promise<string[]> {
  const { items: all } = JSON.parse(await callApi('GET', `/api/v1/namespaces/${project.namespace}/pods`)) as Pods;
  const isOfTask = ({ metadata: { labels = {} } }: Pods['items'][number]) => 'gitkube.sh/task' in labels;
  const hasEnded = ({ status }: Pods['items'][number]) => ['Succeeded', 'Failed'].includes(status.phase);
  const items = all.filter((pod) => !isOfTask(pod));
  const wanted = await Promise.all(places.map(({ workload }) => project.image(workload)));
  const images = items.flatMap(({ spec }) => (isFailing ? [] : spec.containers.map((container) => container.image)));
  return [
    ...images
      .filter((one) => !wanted.includes(one))
      .map((one) => `a pod runs ${one}, the workload ${wanted.join(', ')}`),
    ...items
      .filter(({ metadata: { labels = {} } }) => 'gitkube.sh/run' in labels)
      .map(({ metadata }) => `the pod of a run is left: ${metadata.name}`),
    ...all
      .filter((pod) => isOfTask(pod) && !hasEnded(pod))
      .map(({ metadata }) => `the pod of a task is left: ${metadata.name}`),
  ];
}

interface Pods {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
    readonly spec: { readonly containers: readonly { readonly image: string }[] };
    readonly status: { readonly phase: string };
  }[];
}
