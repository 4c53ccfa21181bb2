import { GitkubeError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import { plain } from '../../base/text.ts';
import type { WorkloadId } from '../../kube/workload.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { nameOf, type Release } from '../git/release.ts';

export interface ChosenContainer {
  readonly workload: WorkloadId;
  readonly container: string;
}

/**
 * @param wanted `<workload>/<container>`, or the name of a container alone where only one workload has it
 * @throws ContainerNotFound with those that there are; UsageInvalid where several are meant
 */
export function chooseContainer({ id, namespace, deployments }: Remote, wanted: string): ChosenContainer {
  const all = deployments.flatMap(({ kind, name, containers }) =>
    containers.map((one) => ({
      workload: { kind, namespace, name },
      container: one.name,
      path: `${name}/${one.name}`,
    })),
  );
  const found = all.filter(({ container, path }) => (wanted.includes('/') ? path : container) === wanted);
  const [first, second] = found;
  if (first && !second) return { workload: first.workload, container: first.container };
  const paths = (first ? found : all).map(({ path }) => path);
  if (first) {
    throw new GitkubeError('UsageInvalid', `${paths.length} workloads have a container ${wanted}`, {
      hint: `name one of them: ${paths.join(', ')}`,
    });
  }
  const near = nearest(wanted, [...paths, ...all.map(({ container }) => container)]);
  throw new GitkubeError('ContainerNotFound', `${id} has no container ${plain(wanted, 80)}`, {
    hint: [...(near ? [`did you mean ${near}?`] : []), `it has ${paths.join(', ')}`],
  });
}

/**
 * The image that the last release has for it, whatever the workload names by now.
 * @throws ReleaseNotFound, ReleaseUnusable
 */
export function releasedImage(release: Release | undefined, { id }: Remote, chosen: ChosenContainer): string {
  const { workload, container } = chosen;
  if (!release) {
    throw new GitkubeError('ReleaseNotFound', `nothing was released to ${id} yet`, { hint: 'push first' });
  }
  const found = release.record.images.find((one) => one.deployment === workload.name && one.container === container);
  if (found) return found.image;
  const what = `${nameOf(release)} has no image for ${workload.name}/${container}`;
  throw new GitkubeError('ReleaseUnusable', what, { hint: 'push: the next release has one' });
}
