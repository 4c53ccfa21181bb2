import { GitkubeError } from '../base/errors.ts';
import { type AdminRequest, refusedAnswer } from './admin-request.ts';
import { type Call, parseBody, readStatus } from './errors.ts';
import type { KubeObject } from './kube.ts';
import type { ApplyOptions } from './remote-admin.ts';

/** Any object that has a name. */
export interface NamedObject extends KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: NonNullable<KubeObject['metadata']> & { readonly name: string };
}

export interface Selectors {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface DeleteOptions {
  readonly dryRun?: boolean;
  /** It stays until everything that it owns is gone. */
  readonly foreground?: boolean;
}

/** Objects of every kind that the cluster knows, for installing and for looking things up. */
export interface ObjectAdmin {
  /** Undefined: there is none, or the cluster does not know the kind. */
  getObject<T extends NamedObject>(wanted: NamedObject): Promise<T | undefined>;
  /** Server-side apply. Throws `ObjectChanged` or `ObjectRefused` with the API server's own words. */
  applyObject<T extends NamedObject>(object: T, options: ApplyOptions): Promise<T>;
  /** False: there is one of that name already, and it is left as it is. */
  createObject(object: NamedObject): Promise<boolean>;
  /** A merge patch (RFC 7386). False: there is none. */
  mergeObject(wanted: NamedObject, patch: object): Promise<boolean>;
  /** False: there was none. What it owns goes, too, in the background unless asked otherwise. */
  deleteObject(wanted: NamedObject, options?: DeleteOptions): Promise<boolean>;
  /** @param path of a collection, without a query */
  listObjects<T extends KubeObject>(path: string, selectors?: Selectors): Promise<T[]>;
}

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

const fieldManager = 'gitkube-cli';

export function objectAdmin(request: AdminRequest): ObjectAdmin {
  const known = new Map<string, readonly ApiResource[]>();
  const place = async (object: NamedObject) => {
    const resource = await resourceOf(request, known, object);
    const { namespace, name } = object.metadata;
    const inside = resource?.namespaced ? `/namespaces/${encodeURIComponent(namespace ?? 'default')}` : '';
    const path = `${groupPath(object.apiVersion)}${inside}/${resource?.name}/${encodeURIComponent(name)}`;
    const call = {
      resource: resource?.name ?? object.kind,
      name,
      ...(inside === '' || !namespace ? {} : { namespace }),
    };
    return resource && { path, call };
  };
  return {
    getObject: async (wanted) => {
      const found = await place(wanted);
      const answer = found && (await request({ method: 'GET', path: found.path }));
      if (!answer || answer.status === 404) return undefined;
      return body(answer, { verb: 'get', ...found.call });
    },

    applyObject: async (object, { force, dryRun }) => {
      const found = await place(object);
      if (!found) throw unknownKind(object);
      const query = new URLSearchParams({ fieldManager, force: String(force), ...(dryRun ? { dryRun: 'All' } : {}) });
      const answer = await request({
        method: 'PATCH',
        path: `${found.path}?${query}`,
        headers: { 'content-type': 'application/apply-patch+yaml' },
        body: JSON.stringify(object),
      });
      if (answer.status === 404) throw noNamespace(found.call.namespace);
      if (answer.status === 409) {
        const { message } = readStatus(answer.status, answer.body);
        throw new GitkubeError(
          'ObjectChanged',
          `${found.call.resource}/${found.call.name} has changes of somebody else`,
          {
            evidence: [message],
          },
        );
      }
      return body(answer, { verb: 'patch', ...found.call });
    },

    createObject: async (object) => {
      const found = await place(object);
      if (!found) throw unknownKind(object);
      const answer = await request({
        method: 'POST',
        path: `${found.path.slice(0, found.path.lastIndexOf('/'))}?${new URLSearchParams({ fieldManager })}`,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(object),
      });
      if (answer.status === 404) throw noNamespace(found.call.namespace);
      if (answer.status === 409) return false;
      body(answer, { verb: 'create', ...found.call });
      return true;
    },

    mergeObject: async (wanted, patch) => {
      const found = await place(wanted);
      if (!found) return false;
      const answer = await request({
        method: 'PATCH',
        path: `${found.path}?${new URLSearchParams({ fieldManager })}`,
        headers: { 'content-type': 'application/merge-patch+json' },
        body: JSON.stringify(patch),
      });
      if (answer.status === 404) return false;
      body(answer, { verb: 'patch', ...found.call });
      return true;
    },

    deleteObject: async (wanted, { dryRun = false, foreground = false } = {}) => {
      const found = await place(wanted);
      if (!found) return false;
      const query = `propagationPolicy=${foreground ? 'Foreground' : 'Background'}${dryRun ? '&dryRun=All' : ''}`;
      const answer = await request({ method: 'DELETE', path: `${found.path}?${query}` });
      if (answer.status === 404) return false;
      body(answer, { verb: 'delete', ...found.call });
      return true;
    },

    listObjects: async (path, selectors = {}) => {
      const answer = await request({ method: 'GET', path: `${path}?${new URLSearchParams({ ...selectors })}` });
      if (answer.status === 404) return [];
      return body<{ items: never[] }>(answer, listCall(path)).items;
    },
  };
}

function listCall(path: string): Call {
  const namespace = /\/namespaces\/([^/]+)\//.exec(path)?.[1];
  return { verb: 'list', resource: path.split('/').at(-1) ?? '', ...(namespace === undefined ? {} : { namespace }) };
}

/** How the API server calls a kind. Undefined: it does not know it (yet). */
async function resourceOf(
  request: AdminRequest,
  known: Map<string, readonly ApiResource[]>,
  { apiVersion, kind }: NamedObject,
) {
  const find = () => known.get(apiVersion)?.find((one) => one.kind === kind && !one.name.includes('/'));
  if (find()) return find();
  const answer = await request({ method: 'GET', path: groupPath(apiVersion) });
  if (answer.status === 404) return undefined;
  const { resources } = body<{ resources: ApiResource[] }>(answer, { verb: 'get', resource: apiVersion });
  known.set(apiVersion, resources);
  return find();
}

function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

function body<T>(answer: Awaited<ReturnType<AdminRequest>>, call: Call): T {
  if (answer.status >= 300) throw refusedAnswer(answer, call);
  return parseBody<T>(answer.body);
}

function unknownKind({ apiVersion, kind }: NamedObject): GitkubeError {
  return new GitkubeError('ObjectRefused', `this cluster does not know ${kind} of ${apiVersion}`, {
    hint: 'kubectl api-resources',
  });
}

function noNamespace(namespace = 'default'): GitkubeError {
  return new GitkubeError('ObjectRefused', `there is no namespace ${namespace}`, {
    hint: `kubectl create namespace ${namespace}`,
  });
}
