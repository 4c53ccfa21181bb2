import { load } from 'js-yaml';
import { isFields } from '../../applier/index.ts';
import type { Kube } from '../../kube/index.ts';
import type { Remote } from '../../remote-crd/index.ts';

/** A shorter text is no secret, and is in too many others. */
const shortest = 4;
/** The lines of a long text, and digits of base64, are in others by chance. */
const shortestLine = 8;
/** Of one text: each value of a diff is searched for all of them. A key has fewer. */
const maxLines = 200;

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
  return [...new Set((await Promise.all(values)).flat().flatMap(formsOf))];
}

/** A text as a chart may write it: its lines, with or without indentation, in JSON, in a URL, in base64. */
export function formsOf(text: string): string[] {
  if (text.length < shortest) return [];
  const lines = text.split('\n').map((line) => line.trim());
  const secretLines = lines.filter((line) => line.length >= shortestLine).slice(0, maxLines);
  const encoded = [JSON.stringify(text).slice(1, -1), encodeURIComponent(text.toWellFormed()), ...base64Of(text)];
  const forms = [text, text.trim(), ...secretLines, ...encoded];
  return [...new Set(forms.filter((form) => form.length >= shortest))];
}

/** Without its last digits, which depend on what follows it. */
function base64Of(text: string): string[] {
  const bytes = Buffer.from(text);
  const whole = bytes.subarray(0, bytes.length - (bytes.length % 3));
  const forms = [whole.toString('base64'), whole.toString('base64url')];
  return forms.filter((one) => one.length >= shortestLine);
}

/** Of what is no YAML for this parser, and may be for that of helm, each word: a tag, a name that is there twice. */
function parsed(yaml: string): unknown {
  try {
    return load(yaml);
  } catch {
    return yaml.split(/[\s"',:{}[\]]+/);
  }
}

/** An anchor may stand in many places, and is read once. */
function textsIn(value: unknown, seen = new Set<unknown>()): string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  if (typeof value !== 'object' || value === null || seen.has(value)) return [];
  seen.add(value);
  return (Array.isArray(value) || isFields(value) ? Object.values(value) : []).flatMap((one) => textsIn(one, seen));
}
