import { isDeepStrictEqual } from 'node:util';
import { isFields } from '../objects/objects.ts';

/**
 * The merge patch (RFC 7396) that makes `to` of `from`; undefined: they are equal. Lists are taken as a whole.
 */
export function mergePatch(from: unknown, to: unknown): unknown {
  if (isDeepStrictEqual(from, to)) return undefined;
  if (!isFields(from) || !isFields(to)) return to;
  const gone = Object.keys(from).filter((key) => !Object.hasOwn(to, key));
  const changed = Object.entries(to).flatMap(([key, value]): [string, unknown][] => {
    if (!Object.hasOwn(from, key)) return [[key, value]];
    const below = mergePatch(from[key], value);
    return below === undefined ? [] : [[key, below]];
  });
  return Object.fromEntries([...gone.map((key): [string, unknown] => [key, null]), ...changed]);
}
