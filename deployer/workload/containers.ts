import type { Workload } from '../../kube/kube.ts';
import { podTemplate, podTemplatePointer } from './workload.ts';

export interface FoundContainer {
  /** JSON pointer, `/spec/template/spec/containers/0`. */
  readonly pointer: string;
  readonly name: string;
  /** Empty when the template has none: a placeholder that some admission controller fills in. */
  readonly image: string;
}

/** Every container and init container of the pod template by name; names are unique across both lists. */
export function containersOf(workload: Workload): Map<string, FoundContainer> {
  const spec = podTemplate(workload)?.spec;
  const found = new Map<string, FoundContainer>();
  for (const list of ['containers', 'initContainers'] as const) {
    for (const [index, { name, image }] of (spec?.[list] ?? []).entries()) {
      const pointer = `${podTemplatePointer(workload)}/spec/${list}/${index}`;
      found.set(name, { pointer, name, image: image ?? '' });
    }
  }
  return found;
}

/** The containers whose image is not the wanted one. */
export function differingContainers(workload: Workload, wanted: Readonly<Record<string, string>>): string[] {
  const found = containersOf(workload);
  return Object.keys(wanted).filter((name) => found.get(name)?.image !== wanted[name]);
}
