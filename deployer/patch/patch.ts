import type { JsonPatch, Workload } from '../../kube/kube.ts';
import { containersOf } from '../workload/containers.ts';
import { pointer } from './pointer.ts';
import { restartPatch } from './restart.ts';

/**
 * One JSON patch that gives containers these images and the workload these annotations (null: take it away), and
 * that holds only for the workload as it was read: same uid, same container at the same place with the same image.
 * So it can neither add a container nor overwrite somebody's newer image. Empty when there is nothing to change.
 * @param restart when the template is to say that its pods were restarted (null: never); undefined: that stays
 * @throws never; a container that does not exist is left out, the caller has checked.
 */
export function makePatch(
  workload: Workload,
  images: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string | null>>,
  restart?: string | null,
): JsonPatch {
  // What it tests of the whole object comes before what changes it.
  const restartOps = restart === undefined ? [] : restartPatch(workload, restart);
  const ops = [...restartOps, ...setImages(workload, images), ...setAnnotations(workload, annotations)];
  if (!ops.some(({ op }) => op !== 'test')) return [];
  return [{ op: 'test', path: '/metadata/uid', value: workload.metadata?.uid }, ...ops];
}

function setImages(workload: Workload, images: Readonly<Record<string, string>>): JsonPatch {
  const found = containersOf(workload);
  return Object.entries(images).flatMap(([name, image]): JsonPatch => {
    const container = found.get(name);
    if (!container) return [];
    const path = `${container.pointer}/image`;
    const tests: JsonPatch = [{ op: 'test', path: `${container.pointer}/name`, value: name }];
    if (container.image === '') return [...tests, { op: 'add', path, value: image }];
    const asRead: JsonPatch = [...tests, { op: 'test', path, value: container.image }];
    return container.image === image ? asRead : [...asRead, { op: 'replace', path, value: image }];
  });
}

function setAnnotations(workload: Workload, wanted: Readonly<Record<string, string | null>>): JsonPatch {
  const current = workload.metadata?.annotations;
  const changes = Object.entries(wanted).flatMap(([name, value]): JsonPatch => {
    const path = pointer('metadata', 'annotations', name);
    if (value === (current?.[name] ?? null)) return [];
    return value === null ? [{ op: 'remove', path }] : [{ op: 'add', path, value }];
  });
  if (current || changes.length === 0) return changes;
  // `add` of the map would replace one that somebody has made since, and `test` cannot say "not there".
  const version = workload.metadata?.resourceVersion;
  return [
    { op: 'test', path: '/metadata/resourceVersion', value: version },
    { op: 'add', path: '/metadata/annotations', value: {} },
    ...changes,
  ];
}
