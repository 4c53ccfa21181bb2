import type { AnyObject } from '../../kube/kube.ts';
import { groupOf } from './object-fields.ts';
import { isFields } from './objects.ts';

/**
 * A Secret whose `stringData` is `data`, as the API server makes it: a key that is applied as `stringData` belongs to
 * nobody afterwards, and would stay when the manifest no longer has it.
 */
export function withoutStringData(object: AnyObject): AnyObject {
  const { stringData, ...rest } = object;
  if (object.kind !== 'Secret' || groupOf(object) !== '' || !isFields(stringData)) return object;
  const texts = Object.entries(stringData);
  // What is no text is for the API server to refuse.
  if (!texts.every((pair): pair is [string, string] => typeof pair[1] === 'string')) return object;
  const encoded = texts.map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  return { ...rest, data: { ...(isFields(rest.data) ? rest.data : {}), ...Object.fromEntries(encoded) } } as AnyObject;
}
