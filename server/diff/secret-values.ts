import { load } from 'js-yaml';
import { isFields } from '../../applier/index.ts';
import type { Kube } from '../../kube/index.ts';
import type { Remote } from '../../remote-crd/index.ts';

/** A shorter text is no secret, and is in too many others. */
const shortest = 4;

/**
 * What charts get out of Secrets (`helm.valuesFrom`), each text in it: they may write it anywhere, and who may read a Remote
 * may not read its Secrets.
 */
export async function secretValues(
  kube: Pick<Kube, 'getSecret'>,
  { namespace, manifests }: Pick<Remote, 'namespace' | 'manifests'>,
): Promise<string[]> {
  const sources = manifests?.helm.valuesFrom ?? [];
  const values = sources.map(async ({ secretName, key }) => {
    const value = (await kube.getSecret(namespace, secretName))?.data?.[key];
    return value === undefined ? [] : textsIn(parsed(Buffer.from(value, 'base64').toString()));
  });
  return (await Promise.all(values)).flat().filter((text) => text.length >= shortest);
}

/** What is no YAML is not rendered either, and helm says so. */
function parsed(yaml: string): unknown {
  try {
    return load(yaml);
  } catch {
    return undefined;
  }
}

/** An anchor may stand in many places, and is read once. */
function textsIn(value: unknown, seen = new Set<unknown>()): string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  if (typeof value !== 'object' || value === null || seen.has(value)) return [];
  seen.add(value);
  return (Array.isArray(value) || isFields(value) ? Object.values(value) : []).flatMap((one) => textsIn(one, seen));
}
