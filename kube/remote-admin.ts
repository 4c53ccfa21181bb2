import { GitkubeError } from '../base/errors.ts';
import { type AdminRequest, refusedAnswer } from './admin-request.ts';
import { type Call, parseBody, readStatus } from './errors.ts';
import type { JsonPatch, KubeObject } from './kube.ts';
import type { HttpAnswer } from './transport.ts';

/** A Remote as the API server has it: not checked, and a status that anybody may have written. */
export interface RemoteObject extends KubeObject {
  readonly metadata: NonNullable<KubeObject['metadata']> & {
    readonly name: string;
    readonly namespace: string;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
  };
  readonly spec?: unknown;
  readonly status?: unknown;
}

export interface ApplyOptions {
  /** Take fields that somebody else manages. */
  readonly force: boolean;
  /** Everything is checked, nothing is stored. */
  readonly dryRun: boolean;
}

/** Remotes, as their operator handles them. */
export interface RemoteAdmin {
  /** @param namespace unset: of all namespaces */
  listRemotes(namespace: string | undefined, labelSelector?: string): Promise<RemoteObject[]>;
  getRemote(namespace: string, name: string): Promise<RemoteObject | undefined>;
  /**
   * Server-side apply. Throws `ObjectChanged` when fields belong to somebody else, which names both, and `ObjectRefused`
   * with the API server's own words.
   */
  applyRemote(remote: RemoteObject, options: ApplyOptions): Promise<RemoteObject>;
  /** Throws `ObjectChanged` when a `test` did not hold, `RemoteNotFound` when there is none. */
  patchRemote(namespace: string, name: string, patch: JsonPatch): Promise<RemoteObject>;
  /** False: there was none. */
  deleteRemote(namespace: string, name: string): Promise<boolean>;
}

const resource = 'remotes.gitkube.sh';
const group = '/apis/gitkube.sh/v1alpha1';
// Not the server's: an operator applied it.
const fieldManager = 'gitkube-cli';

/** Where Remotes are listed and watched. @param namespace unset: all namespaces */
export function remotesPath(namespace: string | undefined): string {
  return namespace === undefined ? `${group}/remotes` : `${group}/namespaces/${encodeURIComponent(namespace)}/remotes`;
}

export function remoteAdmin(request: AdminRequest): RemoteAdmin {
  return {
    listRemotes: async (namespace, labelSelector) => {
      const query = labelSelector === undefined ? '' : `?${new URLSearchParams({ labelSelector })}`;
      const answer = await request({ method: 'GET', path: `${remotesPath(namespace)}${query}` });
      if (answer.status === 404) throw notInstalled();
      const call = { verb: 'list', resource, ...(namespace === undefined ? {} : { namespace }) };
      return body<{ items: RemoteObject[] }>(answer, call).items;
    },

    getRemote: async (namespace, name) => {
      const answer = await request({ method: 'GET', path: remotePath(namespace, name) });
      if (answer.status === 404) return absent(answer);
      return answer.status === 403 ? listOne(request, namespace, name) : body(answer, getCall(namespace, name));
    },

    applyRemote: async (remote, { force, dryRun }) => {
      const { namespace, name } = remote.metadata;
      const query = new URLSearchParams({ fieldManager, force: String(force), ...(dryRun ? { dryRun: 'All' } : {}) });
      const answer = await request({
        method: 'PATCH',
        path: `${remotePath(namespace, name)}?${query}`,
        headers: { 'content-type': 'application/apply-patch+yaml' },
        body: JSON.stringify(remote),
      });
      if (answer.status === 404) throw missingNamespace(answer, namespace);
      if (answer.status === 409) throw conflict(answer, remote);
      return body(answer, { verb: 'patch', resource, namespace, name });
    },

    patchRemote: async (namespace, name, patch) => {
      const answer = await request({
        method: 'PATCH',
        // An older CRD would drop a field that it does not know, and say that all is well: of rights, those who may not would.
        path: `${remotePath(namespace, name)}?fieldManager=${fieldManager}&fieldValidation=Strict`,
        headers: { 'content-type': 'application/json-patch+json' },
        body: JSON.stringify(patch),
      });
      if (answer.status === 404) throw remoteNotFound(namespace, name);
      if (answer.status === 409 || isFailedTest(answer)) {
        throw new GitkubeError('ObjectChanged', `remote ${namespace}/${name} was changed at the same moment`);
      }
      return body(answer, { verb: 'patch', resource, namespace, name });
    },

    deleteRemote: async (namespace, name) => {
      const answer = await request({ method: 'DELETE', path: remotePath(namespace, name) });
      if (answer.status === 404) return absent(answer) !== undefined;
      body(answer, { verb: 'delete', resource, namespace, name });
      return true;
    },
  };
}

/** For accounts that may list and not get, as the server's: a list of one name shows the same. */
async function listOne(request: AdminRequest, namespace: string, name: string): Promise<RemoteObject | undefined> {
  const query = new URLSearchParams({ fieldSelector: `metadata.name=${name}` });
  const answer = await request({ method: 'GET', path: `${remotesPath(namespace)}?${query}` });
  if (answer.status === 404) throw notInstalled();
  return body<{ items: RemoteObject[] }>(answer, getCall(namespace, name)).items[0];
}

function getCall(namespace: string, name: string): Call {
  return { verb: 'get', resource, namespace, name };
}

export function remoteNotFound(namespace: string, name: string): GitkubeError {
  return new GitkubeError('RemoteNotFound', `there is no remote ${name} in namespace ${namespace}`, {
    hint: 'gitkube remote list -A shows all of them',
  });
}

function remotePath(namespace: string, name: string): string {
  return `${remotesPath(namespace)}/${encodeURIComponent(name)}`;
}

function body<T>(answer: HttpAnswer, call: Call): T {
  if (answer.status >= 300) throw refusedAnswer(answer, call);
  return parseBody<T>(answer.body);
}

/** 404 has two meanings: there is no such object, or nobody knows what a Remote is. */
function absent(answer: HttpAnswer): undefined {
  if (readStatus(answer.status, answer.body).reason !== 'NotFound') throw notInstalled();
  return undefined;
}

function notInstalled(): GitkubeError {
  return new GitkubeError('NotInstalled', 'this cluster knows no remotes: Gitkube is not installed in it', {
    hint: ['gitkube install --image <image>', 'or choose another cluster with --context'],
  });
}

function missingNamespace(answer: HttpAnswer, namespace: string): GitkubeError {
  absent(answer);
  return new GitkubeError('ObjectRefused', `there is no namespace ${namespace}`, {
    hint: `kubectl create namespace ${namespace}`,
  });
}

function conflict(answer: HttpAnswer, { metadata }: RemoteObject): GitkubeError {
  const { message } = readStatus(answer.status, answer.body);
  return new GitkubeError(
    'ObjectChanged',
    `remote ${metadata.namespace}/${metadata.name} has changes of somebody else, which this file would undo`,
    {
      evidence: [message],
      hint: 'put those changes into the file, or undo them with --force-conflicts',
    },
  );
}

/** The API server answers a `test` that does not hold with 422 and says nothing about why. */
function isFailedTest({ status, body }: HttpAnswer): boolean {
  const { hasCauses, message } = readStatus(status, body);
  return status === 422 && !hasCauses && !message.includes('is invalid');
}
