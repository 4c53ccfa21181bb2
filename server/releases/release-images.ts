import type { ImagesByWorkload } from '../../applier/index.ts';
import type { BuiltImage } from '../../builder/index.ts';
import type { ContainerTarget, DeploymentTarget, Remote } from '../../remote-crd/index.ts';
import { nameOf, type Release, type ReleaseRecord } from '../git/release.ts';

type RecordedImage = ReleaseRecord['images'][number];

/** What of a release runs again. */
export interface SelectedImages {
  /** The Remote with the containers that both it and the release name: what a rollback changes. */
  readonly remote: Remote;
  /** The Remote with all containers of the release: what its manifests may name. */
  readonly released: Remote;
  /** One for each container of `remote`. */
  readonly images: readonly BuiltImage[];
  /** All of the release. */
  readonly byWorkload: ImagesByWorkload;
  /** For the pusher: what only one of both names, and so stays as it is. */
  readonly lines: readonly string[];
}

/**
 * A container that the Remote no longer names is not its to change any more, and of one that is new the release knows no
 * image: both stay as they are.
 */
export function selectImages(remote: Remote, release: Release): SelectedImages {
  const { record } = release;
  const find = (deployment: string, { name }: ContainerTarget) =>
    record.images.find((image) => image.deployment === deployment && image.container === name);
  const pairs = remote.deployments.flatMap((target) =>
    target.containers.map((container) => ({ target, container, image: find(target.name, container) })),
  );
  const known = pairs.flatMap(({ target, container, image }) => (image ? [{ target, container, image }] : []));
  const used = new Set(known.map(({ image }) => image));
  const isKnown = (name: string, container: ContainerTarget) => find(name, container) !== undefined;
  const deployments = remote.deployments
    .map((target) => ({ ...target, containers: target.containers.filter((one) => isKnown(target.name, one)) }))
    .filter(({ containers }) => containers.length > 0);
  return {
    remote: { ...remote, deployments },
    released: { ...remote, deployments: asReleased(remote, record.images) },
    images: known.map(({ target, container, image }) => asImage(target, container, image)),
    byWorkload: byWorkload(record.images),
    lines: [
      ...pairs
        .filter(({ image }) => !image)
        .map(({ target, container }) => `${target.name}/${container.name}: not in ${nameOf(release)}, stays as it is`),
      ...record.images
        .filter((image) => !used.has(image))
        .map((image) => `${image.deployment}/${image.container}: no longer in ${remote.id}, ${whatOfIt(remote)}`),
    ],
  };
}

function whatOfIt({ manifests }: Remote): string {
  return manifests ? 'runs its recorded image where the manifests of that commit have it' : 'stays as it is';
}

function asImage({ name }: DeploymentTarget, container: ContainerTarget, recorded: RecordedImage): BuiltImage {
  const { image: reference, buildKey } = recorded;
  const [repository = '', digest = ''] = reference.split('@');
  const target = { deployment: name, container };
  const label = `${name}/${container.name}`;
  return { target, label, repository, buildKey, buildArgs: {}, reference, digest, built: false, buildMs: 0, pushMs: 0 };
}

/** What the Remote deployed then, as far as the record says. */
function asReleased(remote: Remote, images: readonly RecordedImage[]): DeploymentTarget[] {
  return [...new Set(images.map(({ deployment }) => deployment))].map((name) => {
    const own = images.filter(({ deployment }) => deployment === name);
    const now = remote.deployments.find((target) => target.name === name);
    const containers = own.map(
      ({ container }) =>
        now?.containers.find((one) => one.name === container) ?? {
          name: container,
          path: '.',
          dockerfile: 'Dockerfile',
          buildArgs: [],
        },
    );
    return { kind: now?.kind ?? own[0]?.kind ?? 'Deployment', name, containers };
  });
}

function byWorkload(images: readonly RecordedImage[]): ImagesByWorkload {
  const names = [...new Set(images.map(({ deployment }) => deployment))];
  return Object.fromEntries(
    names.map((name) => [
      name,
      Object.fromEntries(
        images.filter(({ deployment }) => deployment === name).map(({ container, image }) => [container, image]),
      ),
    ]),
  );
}
