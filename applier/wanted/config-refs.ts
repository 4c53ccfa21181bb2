import type { AnyObject } from '../../kube/kube.ts';
import { fieldAt, groupOf, listAt, textAt } from '../objects/object-fields.ts';
import { podSpecOf } from '../objects/pod-templates.ts';

/** A ConfigMap or a Secret that pods take their settings from. */
export interface ConfigRef {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
  /** Pods read it when they start and never again; other volumes follow what they show. */
  readonly atStart: boolean;
}

/** Workloads whose pods are replaced by others when their template changes. */
export function restarts(object: AnyObject): boolean {
  return groupOf(object) === 'apps' && ['DaemonSet', 'Deployment', 'StatefulSet'].includes(object.kind);
}

/** What the pods of a workload name: by `env`, `envFrom` and volumes. */
export function configRefs(object: AnyObject): ConfigRef[] {
  const spec = podSpecOf(object);
  const containers = ['initContainers', 'containers'].flatMap((list) => listAt(spec, list));
  const found = [
    ...containers.flatMap(envRefs),
    ...listAt(spec, 'volumes').flatMap((one) => volumeRefs(one, containers)),
  ];
  const merged = new Map<string, ConfigRef>();
  for (const one of found) {
    const key = `${one.kind}/${one.name}`;
    merged.set(key, { ...one, atStart: one.atStart || merged.get(key)?.atStart === true });
  }
  return [...merged.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, ref]) => ref);
}

function envRefs(container: unknown): ConfigRef[] {
  const all = listAt(container, 'envFrom').flatMap((one) => [
    ...ref('ConfigMap', textAt(one, 'configMapRef.name'), true),
    ...ref('Secret', textAt(one, 'secretRef.name'), true),
  ]);
  const single = listAt(container, 'env').flatMap((one) => [
    ...ref('ConfigMap', textAt(one, 'valueFrom.configMapKeyRef.name'), true),
    ...ref('Secret', textAt(one, 'valueFrom.secretKeyRef.name'), true),
  ]);
  return [...all, ...single];
}

function volumeRefs(volume: unknown, containers: readonly unknown[]): ConfigRef[] {
  const name = textAt(volume, 'name');
  const mounts = containers.flatMap((one) => listAt(one, 'volumeMounts')).filter((one) => textAt(one, 'name') === name);
  const atStart = mounts.some((one) => (fieldAt(one, 'subPath') ?? fieldAt(one, 'subPathExpr')) !== undefined);
  const projected = listAt(volume, 'projected.sources').flatMap((one) => [
    ...ref('ConfigMap', textAt(one, 'configMap.name'), atStart),
    ...ref('Secret', textAt(one, 'secret.name'), atStart),
  ]);
  return [
    ...ref('ConfigMap', textAt(volume, 'configMap.name'), atStart),
    ...ref('Secret', textAt(volume, 'secret.secretName'), atStart),
    ...projected,
  ];
}

function ref(kind: ConfigRef['kind'], name: string | undefined, atStart: boolean): ConfigRef[] {
  return name ? [{ kind, name, atStart }] : [];
}
