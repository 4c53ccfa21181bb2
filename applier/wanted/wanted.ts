import { createHash } from 'node:crypto';
import { editCommand } from '../../base/edit-remote.ts';
import { GitkubeError } from '../../base/errors.ts';
import { type AnyObject, refOf } from '../../kube/index.ts';
import type { Remote } from '../../remote-crd/remote.ts';
import { keyOf, nameOf } from '../objects/objects.ts';
import { imagesOf, withImages } from '../objects/pod-templates.ts';
import type { ImagesByWorkload, InventoryEntry, Say } from '../types.ts';
import { type Configs, followConfigs } from './config-changes.ts';
import { preserveExternalFields, sharedFieldsOf } from './external-changes.ts';
import { filledImages, fillIn, type Placeholders } from './placeholders.ts';

interface Manifests {
  readonly remote: Remote;
  readonly objects: readonly AnyObject[];
  readonly placeholders: Placeholders;
}

/** What is applied of a manifest: with the images that are built, and with what others have a say in. */
export function wantedObject(
  { remote, placeholders, last }: Omit<Manifests, 'objects'> & { readonly last: readonly InventoryEntry[] },
  images: ImagesByWorkload,
  configs: Configs,
  say: Say,
) {
  const before = new Map(last.map((entry) => [keyOf(entry), entry]));
  return (object: AnyObject, live: AnyObject | undefined): AnyObject => {
    const target = targetOf(remote, object);
    const built = { ...filledImages(object, placeholders, images), ...(target && images[target.name]) };
    const ours = withImages(fillIn(object, placeholders, images), built);
    const kept = preserveExternalFields(ours, live, before.get(keyOf(refOf(object))), built, say);
    return followConfigs(kept, live, configs, say);
  };
}

/** What the release remembers of its objects. */
export function inventory({ objects, remote, placeholders }: Manifests): InventoryEntry[] {
  return objects.map((object) => {
    const built = { ...builtNames(remote, object), ...filledImages(object, placeholders, {}) };
    return { ...refOf(object), ...sharedFieldsOf(object, built), ...contentOf(object) };
  });
}

/** Whether a manifest is what it was at the last release. */
export function sameAs(last: readonly InventoryEntry[]): (object: AnyObject) => boolean {
  const contents = new Map(last.map((entry) => [keyOf(entry), entry.content]));
  return (object) => {
    const { content } = contentOf(object);
    return content !== undefined && contents.get(keyOf(refOf(object))) === content;
  };
}

/** What a manifest says, in short. Not of a Secret, whose values could be guessed from it: tags are there to be fetched. */
function contentOf(object: AnyObject): Pick<InventoryEntry, 'content'> {
  if (object.kind === 'Secret') return {};
  return { content: createHash('sha256').update(JSON.stringify(object)).digest('hex').slice(0, 12) };
}

function targetOf(remote: Remote, { kind, metadata }: AnyObject) {
  return remote.deployments.find((target) => target.kind === kind && target.name === metadata.name);
}

function builtNames(remote: Remote, object: AnyObject): Record<string, string> {
  return Object.fromEntries((targetOf(remote, object)?.containers ?? []).map(({ name }) => [name, '']));
}

/** @throws ContainerNotFound */
export function checkContainers(remote: Remote, objects: readonly AnyObject[]): void {
  for (const object of objects) {
    const there = Object.keys(imagesOf(object));
    const missing = targetOf(remote, object)?.containers.find(({ name }) => !there.includes(name));
    if (!missing) continue;
    throw new GitkubeError(
      'ContainerNotFound',
      `${nameOf(refOf(object))} of the manifests has no container ${missing.name}, it has ${there.join(', ')}`,
      { hint: `name one of them in spec.deployments: ${editCommand(remote)}` },
    );
  }
}
