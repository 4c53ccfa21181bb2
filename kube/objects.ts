import type { Collection, KubeObject } from './kube.ts';

const timestamp = /^(?:creation|deletion|first|last)Timestamp$|Time$|^(?:startedAt|finishedAt)$|^time$/;
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

/**
 * JSON of the API server, undefined when it is none. Timestamps of built-in kinds become dates, as in the answers of
 * the typed calls, so that the types of the client library are true for watched objects, too.
 */
export function parseObject(text: string, collection: Collection): unknown {
  const builtIn = /^\/(?:api|apis\/[a-z]+)\//.test(collection.path);
  try {
    return builtIn ? JSON.parse(text, reviveDate) : JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function objectKey(object: KubeObject): string {
  return `${object.metadata?.namespace ?? ''}/${object.metadata?.name ?? ''}`;
}

function reviveDate(key: string, value: unknown): unknown {
  return typeof value === 'string' && timestamp.test(key) && rfc3339.test(value) ? new Date(value) : value;
}
