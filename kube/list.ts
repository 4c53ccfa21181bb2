import { GitkubeError } from '../base/errors.ts';
import { type Call, fromStatus, readStatus } from './errors.ts';
import type { Collection, KubeObject } from './kube.ts';
import { parseObject } from './objects.ts';
import type { Transport } from './transport.ts';

export interface Listed<T extends KubeObject> {
  readonly items: readonly T[];
  /** Where a watch goes on from. */
  readonly resourceVersion: string;
}

const pageSize = 500;
const timeoutMs = 30_000;

/**
 * All objects of a collection, page by page, from one consistent state.
 * A page token that expired (410) starts again once, without pages.
 */
export async function listAll<T extends KubeObject>(
  transport: Transport,
  collection: Collection,
  signal: AbortSignal,
): Promise<Listed<T>> {
  const items: T[] = [];
  let token: string | undefined;
  let limit = String(pageSize);
  for (;;) {
    const query = { limit, ...(token ? { continue: token } : {}) };
    const url = transport.url(collectionPath(collection, query));
    const answer = await transport.send({ method: 'GET', url, headers: headersOf(collection), timeoutMs, signal });
    if (answer.status === 410 && token !== undefined) {
      items.length = 0;
      token = undefined;
      limit = '0';
      continue;
    }
    if (answer.status !== 200) throw fromStatus(readStatus(answer.status, answer.body), listCall(collection));
    const page = parsePage<T>(answer.body, collection);
    items.push(...page.items);
    if (!page.token) return { items, resourceVersion: page.resourceVersion };
    token = page.token;
  }
}

export function headersOf({ as }: Collection): Record<string, string> {
  return as === undefined ? {} : { 'impersonate-user': as };
}

export function collectionPath(collection: Collection, query: Readonly<Record<string, string>>): string {
  const parameters = new URLSearchParams(query);
  if (collection.labelSelector) parameters.set('labelSelector', collection.labelSelector);
  if (collection.fieldSelector) parameters.set('fieldSelector', collection.fieldSelector);
  return `${collection.path}?${parameters}`;
}

/** `/apis/apps/v1/namespaces/www/deployments` is `deployments` in `www`. */
export function listCall(collection: Collection, verb = 'list'): Call {
  const segments = collection.path.split('/');
  const namespace = segments.at(-3) === 'namespaces' ? segments.at(-2) : undefined;
  return { verb, resource: segments.at(-1) ?? '', ...(namespace === undefined ? {} : { namespace }) };
}

function parsePage<T extends KubeObject>(body: string, collection: Collection) {
  const list = parseObject(body, collection) as
    | { items?: T[]; metadata?: { resourceVersion?: string; continue?: string } }
    | undefined;
  const resourceVersion = list?.metadata?.resourceVersion;
  if (!Array.isArray(list?.items) || resourceVersion === undefined) {
    throw new GitkubeError('ClusterUnavailable', 'the Kubernetes API answers a list with something else');
  }
  return { items: list.items, resourceVersion, token: list.metadata?.continue };
}
