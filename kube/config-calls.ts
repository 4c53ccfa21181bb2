import { type Call, fromPatchStatus, parseBody, readStatus } from './errors.ts';
import type { Transport } from './transport.ts';

/** Where the pods of a workload take their settings from. */
export type ConfigKind = 'ConfigMap' | 'Secret';

export interface ConfigRef {
  readonly kind: ConfigKind;
  readonly namespace: string;
  readonly name: string;
}

/** A ConfigMap or a Secret, as far as Gitkube reads it. */
export interface ConfigObject {
  readonly metadata: { readonly resourceVersion: string };
  readonly immutable?: boolean;
  /** Of a Secret. */
  readonly type?: string;
  /** Of a Secret in base64, of a ConfigMap as text. */
  readonly data?: Readonly<Record<string, string>>;
}

/** One that never changes. */
export interface NewConfig extends ConfigRef {
  /** Of a Secret. */
  readonly type: string;
  readonly labels: Readonly<Record<string, string>>;
  /** It is deleted with this object. */
  readonly owner: { readonly apiVersion: string; readonly kind: string; readonly name: string; readonly uid: string };
  readonly data: Readonly<Record<string, string>>;
}

/** No error of these calls has a value in it. */
export interface ConfigCalls {
  getConfig(ref: ConfigRef): Promise<ConfigObject | undefined>;
  /** `exists`: there is one of that name already, and it is left as it is. @throws PatchRefused */
  createConfig(config: NewConfig): Promise<'created' | 'exists'>;
  /**
   * Sets keys of exactly this version, or removes them (null). `changed`: it has another version by now.
   * @throws PatchRefused
   */
  changeConfig(
    ref: ConfigRef,
    change: { readonly resourceVersion: string; readonly data: Readonly<Record<string, string | null>> },
  ): Promise<'patched' | 'changed' | 'gone'>;
  /** One that is gone is no error. */
  deleteConfig(ref: ConfigRef): Promise<void>;
}

const timeoutMs = 30_000;
const resources = { ConfigMap: 'configmaps', Secret: 'secrets' } as const;

export function configCalls(transport: Transport): ConfigCalls {
  const send = (method: string, path: string, body?: object, type = 'application/json') =>
    transport.send({
      method,
      url: transport.url(path),
      headers: body ? { 'content-type': type } : {},
      ...(body && { body: JSON.stringify(body) }),
      timeoutMs,
    });
  return {
    getConfig: async (ref) => {
      const { status, body } = await send('GET', pathOf(ref));
      if (status < 300) return parseBody<ConfigObject>(body);
      if (status === 404) return undefined;
      throw fromPatchStatus(readStatus(status, body), callOf('get', ref));
    },

    createConfig: async ({ type, labels, owner, data, ...ref }) => {
      const { kind, namespace, name } = ref;
      const metadata = { name, labels, ownerReferences: [owner] };
      const object = { apiVersion: 'v1', kind, ...(kind === 'Secret' && { type }), immutable: true, metadata, data };
      const { status, body } = await send('POST', `${collectionOf(kind, namespace)}?fieldManager=gitkube`, object);
      if (status < 300) return 'created';
      const answer = readStatus(status, body);
      if (status === 409 && answer.reason === 'AlreadyExists') return 'exists';
      throw fromPatchStatus(answer, callOf('create', ref));
    },

    changeConfig: async (ref, { resourceVersion, data }) => {
      const patch = { metadata: { resourceVersion }, data };
      const path = `${pathOf(ref)}?fieldManager=gitkube`;
      const { status, body } = await send('PATCH', path, patch, 'application/merge-patch+json');
      if (status < 300) return 'patched';
      if (status === 409) return 'changed';
      if (status === 404) return 'gone';
      throw fromPatchStatus(readStatus(status, body), callOf('patch', ref));
    },

    deleteConfig: async (ref) => {
      const { status, body } = await send('DELETE', pathOf(ref));
      if (status >= 300 && status !== 404) throw fromPatchStatus(readStatus(status, body), callOf('delete', ref));
    },
  };
}

function collectionOf(kind: ConfigKind, namespace: string): string {
  return `/api/v1/namespaces/${namespace}/${resources[kind]}`;
}

function pathOf({ kind, namespace, name }: ConfigRef): string {
  return `${collectionOf(kind, namespace)}/${name}`;
}

function callOf(verb: string, { kind, namespace, name }: ConfigRef): Call {
  return { verb, resource: resources[kind], namespace, name };
}
