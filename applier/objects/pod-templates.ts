import type { AnyObject } from '../../kube/kube.ts';
import { listAt, textAt } from './object-fields.ts';
import { isFields } from './objects.ts';

const lists = ['containers', 'initContainers'] as const;

/** Where the pod spec of a workload lies. */
function podSpecPath(kind: string): readonly string[] {
  return kind === 'CronJob'
    ? ['spec', 'jobTemplate', 'spec', 'template', 'spec']
    : kind === 'Pod'
      ? ['spec']
      : ['spec', 'template', 'spec'];
}

export function podSpecOf(object: AnyObject): unknown {
  return podSpecPath(object.kind).reduce<unknown>((at, step) => (isFields(at) ? at[step] : undefined), object);
}

/** The images of a workload's containers and init containers by name; empty for what is no workload. */
export function imagesOf(object: AnyObject): Record<string, string> {
  const podSpec = podSpecOf(object);
  if (!isFields(podSpec)) return {};
  const containers = lists.flatMap((list) => (Array.isArray(podSpec[list]) ? podSpec[list] : []));
  const named = containers.filter((container) => isFields(container) && typeof container.name === 'string');
  return Object.fromEntries(named.map(({ name, image }) => [name, typeof image === 'string' ? image : '']));
}

/** The images that the pods of a workload mount as volumes, by the name of the volume. */
export function imageVolumesOf(object: AnyObject): Record<string, string> {
  const volumes = listAt(podSpecOf(object), 'volumes').map((one) => [
    textAt(one, 'name'),
    textAt(one, 'image.reference'),
  ]);
  return Object.fromEntries(volumes.filter(([name, image]) => name !== undefined && image !== undefined));
}

/** The object with these images in its containers of these names. */
export function withImages(object: AnyObject, images: Readonly<Record<string, string>>): AnyObject {
  if (Object.keys(images).length === 0) return object;
  return change(object, podSpecPath(object.kind), (podSpec) => {
    const changed = lists.filter((list) => Array.isArray(podSpec[list]));
    const set = (container: unknown) =>
      isFields(container) && typeof container.name === 'string' && Object.hasOwn(images, container.name)
        ? { ...container, image: images[container.name] }
        : container;
    return { ...podSpec, ...Object.fromEntries(changed.map((list) => [list, (podSpec[list] as unknown[]).map(set)])) };
  }) as AnyObject;
}

/** The workload with an annotation on its pod template. */
export function withTemplateAnnotation(object: AnyObject, name: string, value: string): AnyObject {
  return change(object, podSpecPath(object.kind).slice(0, -1), (template) => {
    const metadata = isFields(template.metadata) ? template.metadata : {};
    const annotations = { ...(isFields(metadata.annotations) ? metadata.annotations : {}), [name]: value };
    return { ...template, metadata: { ...metadata, annotations } };
  }) as AnyObject;
}

type Fields = Readonly<Record<string, unknown>>;

function change(value: Fields, path: readonly string[], edit: (at: Fields) => Fields): Fields {
  const [step, ...rest] = path;
  if (step === undefined) return edit(value);
  const below = value[step];
  return isFields(below) ? { ...value, [step]: change(below, rest, edit) } : value;
}
