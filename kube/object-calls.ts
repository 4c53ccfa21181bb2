/** Objects of any kind, by apiVersion and kind, done as the account that a Remote names. */

import { discovery, type ResourceKind } from './discovery.ts';
import { type ApiStatus, fromStatus, parseBody, readStatus } from './errors.ts';
import { fieldsBeside, undeclaredField } from './field-names.ts';
import { hasRights } from './missing-right.ts';
import { fromObjectStatus, isImmutable, lacksRight, objectText } from './object-errors.ts';
import type { Transport } from './transport.ts';

/** Any object of the API, as JSON. */
export interface AnyObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly managedFields?: readonly unknown[];
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** Which object; without a namespace it is one of the cluster's. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

export interface As {
  /** The user to impersonate, `system:serviceaccount:<namespace>:<name>`: its rights decide, not those of Gitkube. */
  readonly as: string;
}

export interface DeleteOptions {
  /** Only the object with this uid. */
  readonly uid?: string;
  /** It stays until all that it owns is gone; unset: that goes in the background. */
  readonly foreground?: boolean;
  /** Everything is checked and nothing is deleted. */
  readonly dryRun?: boolean;
}

export interface Applied {
  readonly object: AnyObject;
  /** Warnings of the API server about an object that it accepts (Pod Security, deprecations). */
  readonly warnings: readonly string[];
}

export interface RawAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export interface ObjectCalls {
  /** Undefined: the cluster knows no such kind (yet). Asked of the API server again only when it is not known. */
  resourceKind(apiVersion: string, kind: string): Promise<ResourceKind | undefined>;
  /** The versions that the API server offers, for charts that ask: its own, and those of its API groups. */
  serverVersions(): Promise<{ readonly kubernetes: string; readonly apiVersions: readonly string[] }>;
  /** A GET of a path, answered as the API server does, whatever that is. */
  readPath(path: string, options: As & { readonly accept: string }): Promise<RawAnswer>;
  /** Where objects of a kind are listed and watched. Undefined: the cluster knows no such kind. */
  collectionPath(ref: Omit<ObjectRef, 'name'>): Promise<string | undefined>;
  getObject(ref: ObjectRef, options: As): Promise<AnyObject | undefined>;
  /**
   * Server-side apply, field manager `gitkube`, force. Throws `ManifestsRefused` with the API server's own words.
   * @param options.dryRun everything is checked and nothing is kept
   */
  applyObject(object: AnyObject, options: As & { readonly dryRun: boolean }): Promise<Applied>;
  /** Merge patch (RFC 7396), field manager `gitkube`. Undefined: there is no such object (any more). */
  mergeObject(ref: ObjectRef, patch: object, options: As): Promise<AnyObject | undefined>;
  /** False: it was gone. */
  deleteObject(ref: ObjectRef, options: As & DeleteOptions): Promise<boolean>;
}

const timeoutMs = 30_000;
const fieldManager = 'gitkube';

interface Request {
  readonly method: string;
  readonly verb: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly body?: unknown;
}

export function objectCalls(transport: Transport): ObjectCalls {
  const { resourceKind, serverVersions } = discovery(transport);

  async function send(ref: ObjectRef, request: Request, { as }: As): Promise<Answer> {
    const kind = await resourceKind(ref.apiVersion, ref.kind);
    if (!kind) return { status: notThere(ref), warnings: [] };
    const { method, query = {}, contentType = 'application/json', body } = request;
    const path = objectPath(ref, kind);
    const answer = await transport.send({
      method,
      url: transport.url(`${path}?${new URLSearchParams(query)}`),
      headers: { 'impersonate-user': as, ...(body === undefined ? {} : { 'content-type': contentType }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      timeoutMs,
    });
    if (answer.status < 300) {
      return { object: parseBody<AnyObject>(answer.body), warnings: readWarnings(answer.headers.warning) };
    }
    const status = readStatus(answer.status, answer.body);
    if (answer.status === 401 || answer.status === 429 || (answer.status >= 500 && !isAboutTheObject(status))) {
      throw fromStatus(status, {
        verb: request.verb,
        resource: kind.plural,
        ...(ref.namespace ? { namespace: ref.namespace } : {}),
      });
    }
    return { status, warnings: [] };
  }

  /** For a better hint only. */
  async function liveIfThere(ref: ObjectRef, as: string): Promise<AnyObject | undefined> {
    return (await send(ref, { method: 'GET', verb: 'get' }, { as }).catch(() => undefined))?.object;
  }

  async function orThrow(answer: Answer, ref: ObjectRef, verb: string, as: string): Promise<AnyObject> {
    if (answer.object) return answer.object;
    const { status } = answer;
    const bound = lacksRight(status, ref, as) && (await hasRights(transport, ref.namespace ?? '', as));
    const undeclared = undeclaredField(status.message);
    const fields = undeclared ? await fieldsBeside(transport, ref, undeclared) : [];
    const live = isImmutable(status) ? await liveIfThere(ref, as) : undefined;
    throw fromObjectStatus(status, ref, { verb, as, hasRights: bound, fields, live });
  }

  return {
    resourceKind,
    serverVersions,

    readPath: async (path, { as, accept }) => {
      const headers = { 'impersonate-user': as, accept };
      const answer = await transport.send({ method: 'GET', url: transport.url(path), headers, timeoutMs });
      const contentType = answer.headers['content-type'] ?? 'application/json';
      return { status: answer.status, contentType, body: answer.body };
    },

    collectionPath: async (ref) => {
      const kind = await resourceKind(ref.apiVersion, ref.kind);
      return kind && objectPath({ ...ref, name: '' }, kind).slice(0, -1);
    },

    getObject: async (ref, { as }) => {
      const answer = await send(ref, { method: 'GET', verb: 'get' }, { as });
      return answer.status?.code === 404 ? undefined : orThrow(answer, ref, 'get', as);
    },

    applyObject: async (object, { as, dryRun }) => {
      const ref = refOf(object);
      const query = { fieldManager, force: 'true', ...(dryRun ? { dryRun: 'All' } : {}) };
      const contentType = 'application/apply-patch+yaml';
      const answer = await send(ref, { method: 'PATCH', verb: 'patch', query, contentType, body: object }, { as });
      return { object: await orThrow(answer, ref, 'patch', as), warnings: answer.warnings };
    },

    mergeObject: async (ref, patch, { as }) => {
      const contentType = 'application/merge-patch+json';
      const request = { method: 'PATCH', verb: 'patch', query: { fieldManager }, contentType, body: patch };
      const answer = await send(ref, request, { as });
      return answer.status?.code === 404 ? undefined : orThrow(answer, ref, 'patch', as);
    },

    deleteObject: async (ref, { as, uid, foreground = false, dryRun = false }) => {
      const body = {
        propagationPolicy: foreground ? 'Foreground' : 'Background',
        ...(uid ? { preconditions: { uid } } : {}),
        ...(dryRun ? { dryRun: ['All'] } : {}),
      };
      const answer = await send(ref, { method: 'DELETE', verb: 'delete', body }, { as });
      // 409: it is another one than that of this uid.
      if (answer.status && [404, 409].includes(answer.status.code)) return false;
      await orThrow(answer, ref, 'delete', as);
      return true;
    },
  };
}

/** A field that a kind does not have is an internal error to server-side apply (kubernetes/kubernetes#122480). */
function isAboutTheObject({ message }: ApiStatus): boolean {
  return message.startsWith('failed to create typed patch object');
}

type Answer =
  | { readonly object: AnyObject; readonly status?: never; readonly warnings: readonly string[] }
  | { readonly object?: never; readonly status: ApiStatus; readonly warnings: readonly string[] };

export function refOf({ apiVersion, kind, metadata: { name, namespace } }: AnyObject): ObjectRef {
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

function notThere(ref: ObjectRef): ApiStatus {
  const message = `the cluster knows no kind ${ref.kind} of ${ref.apiVersion}, so there is no ${objectText(ref)}`;
  return { code: 404, reason: 'NotFound', message, hasCauses: false };
}

function objectPath(ref: ObjectRef, kind: ResourceKind): string {
  const root = ref.apiVersion.includes('/') ? `/apis/${ref.apiVersion}` : `/api/${ref.apiVersion}`;
  const place = kind.namespaced ? `/namespaces/${encodeURIComponent(ref.namespace ?? '')}` : '';
  return `${root}${place}/${kind.plural}/${encodeURIComponent(ref.name)}`;
}

/** RFC 9111, section 5.5: `299 - "text"`, several of them after commas. */
function readWarnings(header: string | undefined): string[] {
  const found = (header ?? '').matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g);
  return [...found].map(([, text = '']) => text.replace(/\\(.)/g, '$1'));
}
