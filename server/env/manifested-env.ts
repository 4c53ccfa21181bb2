import { isFields } from '../../applier/index.ts';
import { plain } from '../../base/text.ts';
import type { AnyObject, ConfigRef } from '../../kube/kube.ts';

/** What the pusher reads of an env that is among the manifests: nobody else would say why a push reverts what was set. */
export function manifestedEnv(ref: ConfigRef, objects: readonly AnyObject[]): string[] {
  const found = objects.filter(({ apiVersion, kind, metadata: { name, namespace = ref.namespace } }) => {
    return apiVersion === 'v1' && kind === ref.kind && name === ref.name && namespace === ref.namespace;
  });
  const names = [...new Set(found.flatMap(keysOf))].sort();
  if (names.length === 0) return [];
  const has = `the manifests have ${ref.kind} ${ref.name} with ${plain(names.join(', '), 200)}`;
  return [`env: ${has}: each push sets these again, whatever env set has set`];
}

function keysOf({
  data,
  stringData,
}: AnyObject & { readonly data?: unknown; readonly stringData?: unknown }): string[] {
  return [data, stringData].flatMap((all) => (isFields(all) ? Object.keys(all) : []));
}
