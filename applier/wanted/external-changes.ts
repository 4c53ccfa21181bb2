import type { AnyObject } from '../../kube/kube.ts';
import { isFields, nameOf } from '../objects/objects.ts';
import { imagesOf, withImages } from '../objects/pod-templates.ts';
import type { InventoryEntry, Say } from '../types.ts';

/** What a manifest says where others have a say, too: an autoscaler, another Remote, `kubectl set image`. */
export function sharedFieldsOf(object: AnyObject, built: Readonly<Record<string, string>>): Partial<InventoryEntry> {
  const replicas = replicasOf(object);
  const images = Object.entries(imagesOf(object)).filter(([container]) => !Object.hasOwn(built, container));
  return {
    ...(replicas === undefined ? {} : { replicas }),
    ...(images.length === 0 ? {} : { images: Object.fromEntries(images) }),
  };
}

/**
 * A count of replicas, or an image that is not built, which the manifest has not changed since the last release stays
 * what somebody else made of it: to apply it again would scale down what an autoscaler scaled up, and bring back the
 * placeholder in place of what another Remote deployed.
 * @param object as it is to be applied
 * @param built by container, the images that this Remote builds
 */
export function preserveExternalFields(
  object: AnyObject,
  live: AnyObject | undefined,
  last: InventoryEntry | undefined,
  built: Readonly<Record<string, string>>,
  say: Say,
): AnyObject {
  if (!live || !last) return object;
  const now = sharedFieldsOf(object, built);
  let kept = object;
  const scaled = replicasOf(live);
  if (scaled !== undefined && now.replicas === last.replicas && now.replicas !== undefined && scaled !== now.replicas) {
    say(
      `${nameOf(refLike(object))}: somebody scaled it to ${scaled}, that stays (the manifest still says ${now.replicas})`,
    );
    kept = { ...kept, spec: { ...(isFields(kept.spec) ? kept.spec : {}), replicas: scaled } };
  }
  const running = new Map(Object.entries(imagesOf(live)));
  const foreign = Object.entries(now.images ?? {}).filter(
    ([container, image]) => last.images?.[container] === image && (running.get(container) ?? image) !== image,
  );
  for (const [container] of foreign) {
    say(`${nameOf(refLike(object))}: somebody set the image of ${container} to ${running.get(container)}, that stays`);
  }
  return withImages(kept, Object.fromEntries(foreign.map(([container]) => [container, running.get(container) ?? ''])));
}

function replicasOf({ spec }: AnyObject): number | undefined {
  return isFields(spec) && typeof spec.replicas === 'number' ? spec.replicas : undefined;
}

function refLike({ kind, metadata: { name } }: AnyObject) {
  return { kind, name };
}
