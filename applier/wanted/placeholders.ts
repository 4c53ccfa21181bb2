import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import type { AnyObject } from '../../kube/kube.ts';
import type { DeploymentTarget } from '../../remote-crd/remote.ts';
import { groupOf, textAt } from '../objects/object-fields.ts';
import { isFields, nameOf } from '../objects/objects.ts';
import { imagesOf, imageVolumesOf } from '../objects/pod-templates.ts';
import type { ImagesByWorkload, Say } from '../types.ts';

/** A container whose image the Remote builds. */
interface Built {
  readonly workload: string;
  readonly container: string;
}

/**
 * What the manifests write for images that the Remote builds, and whose image it stands for: the image of a built
 * container as its own manifest has it, and the name under which it is pushed.
 */
export type Placeholders = ReadonlyMap<string, readonly Built[]>;

/** @param images as they are pushed, by tag or by digest */
export function findPlaceholders(
  objects: readonly AnyObject[],
  targets: readonly DeploymentTarget[],
  images: ImagesByWorkload,
): Placeholders {
  const found = new Map<string, Built[]>();
  for (const { kind, name: workload, containers } of targets) {
    const object = objects.find((one) => one.kind === kind && one.metadata.name === workload);
    const written = object ? imagesOf(object) : {};
    for (const { name: container } of containers) {
      const pushed = repositoryOf(images[workload]?.[container] ?? '');
      for (const text of new Set([written[container] ?? '', pushed])) {
        if (text !== '') found.set(text, [...(found.get(text) ?? []), { workload, container }]);
      }
    }
  }
  return found;
}

/**
 * The object with built images for every placeholder in it, in whichever field called `image`: those of pod templates,
 * volumes that are images among them, and those of custom objects, too.
 * @throws ManifestsInvalid for a placeholder that could be either of two images
 */
export function fillIn(object: AnyObject, placeholders: Placeholders, images: ImagesByWorkload): AnyObject {
  if (placeholders.size === 0 || !mayNameImages(object)) return object;
  const fill = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(fill);
    if (!isFields(value)) return value;
    const imageOf = (text: string): string => {
      const built = standsFor(object, text, value.name, placeholders);
      return (built && images[built.workload]?.[built.container]) ?? text;
    };
    const filled = Object.entries(value).map(([key, below]): [string, unknown] => {
      if (key !== 'image') return [key, fill(below)];
      if (typeof below === 'string') return [key, imageOf(below)];
      const reference = textAt(below, 'reference');
      return [
        key,
        reference === undefined || !isFields(below) ? fill(below) : { ...below, reference: imageOf(reference) },
      ];
    });
    return Object.fromEntries(filled);
  };
  const { metadata, ...rest } = object;
  return { ...(fill(rest) as Omit<AnyObject, 'metadata'>), metadata } as AnyObject;
}

/** The images of the containers of a pod template that are placeholders; by container. */
export function filledImages(
  object: AnyObject,
  placeholders: Placeholders,
  images: ImagesByWorkload,
): Record<string, string> {
  const written = Object.entries(imagesOf(object));
  const filled = written.flatMap(([container, image]): [string, string][] => {
    const built = standsFor(object, image, container, placeholders);
    return built ? [[container, images[built.workload]?.[built.container] ?? image]] : [];
  });
  return Object.fromEntries(filled);
}

/** Which containers and volumes get an image although the Remote does not name them, and which are written almost so. */
export function sayFilled(
  objects: readonly AnyObject[],
  placeholders: Placeholders,
  targets: readonly DeploymentTarget[],
  say: Say,
): void {
  const repositories = new Map([...placeholders.keys()].map((text) => [repositoryOf(text), text]));
  for (const object of objects) {
    const named = targets.find(({ kind, name }) => kind === object.kind && name === object.metadata.name);
    const containers = Object.entries(imagesOf(object)).filter(
      ([container]) => !named?.containers.some(({ name }) => name === container),
    );
    const places = [
      ...containers.map((one) => ['container', ...one] as const),
      ...Object.entries(imageVolumesOf(object)).map((one) => ['volume', ...one] as const),
    ];
    for (const [place, name, image] of places) {
      const what = `${nameOf({ kind: object.kind, name: object.metadata.name })}: ${place} ${plain(name, 63)}`;
      const built = standsFor(object, image, name, placeholders);
      const near = repositories.get(repositoryOf(image));
      if (built) say(`${what} gets the image of ${built.workload}/${built.container} in place of ${plain(image, 200)}`);
      else if (near !== undefined)
        say(`${what} keeps ${plain(image, 200)}; only ${plain(near, 200)} is replaced by a built image`);
    }
  }
}

/** What has no pods of its own: text in it is text. */
function mayNameImages(object: AnyObject): boolean {
  const isData = groupOf(object) === '' && ['ConfigMap', 'Secret'].includes(object.kind);
  return !isData && object.kind !== 'CustomResourceDefinition';
}

function standsFor(
  object: AnyObject,
  image: string,
  container: unknown,
  placeholders: Placeholders,
): Built | undefined {
  const all = placeholders.get(image) ?? [];
  if (all.length < 2) return all[0];
  // In the workload itself a container is called by its name.
  const own = all.filter((one) => one.workload === object.metadata.name);
  const namesakes = (own.length > 0 ? own : all).filter((one) => one.container === container);
  const [first, ...others] = namesakes.length > 0 ? namesakes : own.length === 1 ? own : all;
  if (others.length === 0) return first;
  const which = all.map((one) => `${one.workload}/${one.container}`).join(' and ');
  const what = `${nameOf({ kind: object.kind, name: object.metadata.name })} names the image ${plain(image, 200)}`;
  throw new GitkubeError('ManifestsInvalid', `${what}, which is the placeholder of ${which}`, {
    hint: 'write a different image for each of them in the manifests',
  });
}

/** Without tag and digest. */
function repositoryOf(image: string): string {
  const [name = ''] = image.split('@');
  return name.replace(/:[^:/]*$/, '');
}
