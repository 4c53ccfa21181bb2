import type { V1Deployment } from '../kube/kube.ts';

export interface FoundContainer {
  /** JSON pointer, `/spec/template/spec/containers/0`. */
  readonly pointer: string;
  readonly name: string;
  /** Empty when the template has none: a placeholder that some admission controller fills in. */
  readonly image: string;
}

/** Every container and init container of the pod template by name; names are unique across both lists. */
export function containersOf(deployment: V1Deployment): Map<string, FoundContainer> {
  const spec = deployment.spec?.template.spec;
  const found = new Map<string, FoundContainer>();
  for (const list of ['containers', 'initContainers'] as const) {
    for (const [index, { name, image }] of (spec?.[list] ?? []).entries()) {
      found.set(name, { pointer: `/spec/template/spec/${list}/${index}`, name, image: image ?? '' });
    }
  }
  return found;
}

/** The containers whose image is not the wanted one. */
export function differingContainers(deployment: V1Deployment, wanted: Readonly<Record<string, string>>): string[] {
  const found = containersOf(deployment);
  return Object.keys(wanted).filter((name) => found.get(name)?.image !== wanted[name]);
}
