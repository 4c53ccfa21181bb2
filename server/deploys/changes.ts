import type { BuiltImage } from '../../builder/index.ts';
import type { WorkloadChange } from '../../deployer/index.ts';
import type { Remote } from '../../remote-crd/index.ts';

/** One container of a release. */
export interface ReleasedImage {
  readonly deployment: string;
  readonly container: string;
  /** By digest. */
  readonly image: string;
}

/** What each workload of a Remote is to run; a container without an image is not changed. */
export function workloadChanges(remote: Remote, images: readonly ReleasedImage[]): WorkloadChange[] {
  return remote.deployments.map((target) => {
    const named = new Set(target.containers.map(({ name }) => name));
    const own = images.filter(({ deployment, container }) => deployment === target.name && named.has(container));
    return { target, images: Object.fromEntries(own.map(({ container, image }) => [container, image])) };
  });
}

export function releasedImage({ target, reference }: BuiltImage): ReleasedImage {
  return { deployment: target.deployment, container: target.container.name, image: reference };
}
