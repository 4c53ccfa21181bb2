import { normalize } from './paths.ts';
import type { ContainerTarget } from './remote.ts';
import type { RemoteSpec } from './schema.ts';

type Spec = NonNullable<NonNullable<RemoteSpec['deployments']>[number]['containers']>[number];

/** What an image is built of, with defaults filled in. */
export function readContainer(container: Spec): ContainerTarget {
  const path = normalize(container.path || '.');
  return {
    name: container.name,
    path,
    dockerfile: normalize(container.dockerfile || `${path}/Dockerfile`),
    buildArgs: (container.buildArgs ?? []).map(({ name, value }) => ({ name, value: value ?? '' })),
    ...(container.target ? { target: container.target } : {}),
    ...(container.secrets?.length ? { secrets: container.secrets } : {}),
  };
}
