import type { Collection, KubeObject } from './kube.ts';

const timestamp = /^(?:creation|deletion|first|last)Timestamp$|Time$|^(?:startedAt|finishedAt)$|^time$/;
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

/**
 * JSON of the API server, undefined when it is not JSON. Timestamps of built-in kinds become dates, as in the answers of
 * the typed calls, so that the types of the client library are true for watched objects, too.
 */
export function parseObject(text: string, collection: Collection): unknown {
  const builtIn = /^\/(?:api|apis\/[a-z]+)\//.test(collection.path);
  try {
    const value: unknown = JSON.parse(text);
    if (builtIn) reviveDates(value);
    return value;
  } catch {
    return undefined;
  }
}

export function objectKey(object: KubeObject): string {
  return `${object.metadata?.namespace ?? ''}/${object.metadata?.name ?? ''}`;
}

/** In place: a reviver of JSON.parse takes several times as long as the parsing, and a rollout brings a lot of events. */
function reviveDates(value: unknown): void {
  if (Array.isArray(value)) for (const item of value) reviveDates(item);
  else if (isFields(value)) for (const [key, field] of Object.entries(value)) reviveField(value, key, field);
}

function reviveField(object: Record<string, unknown>, key: string, value: unknown): void {
  if (typeof value === 'string') {
    if (timestamp.test(key) && rfc3339.test(value)) object[key] = new Date(value);
    // Who owns which field: large, and without a value.
  } else if (key !== 'fieldsV1') reviveDates(value);
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
