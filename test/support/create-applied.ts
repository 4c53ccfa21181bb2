import { callApi } from './api-server.ts';

interface ApiObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
}

/** Creates an object as `kubectl apply` does, without its process: a later `kubectl apply` finds what this one has set. */
export async function createApplied(object: ApiObject): Promise<void> {
  const { apiVersion, kind, metadata } = object;
  const bare = { ...object, metadata: { annotations: {}, ...metadata } };
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': `${JSON.stringify(bare)}\n` };
  const root = apiVersion.includes('/') ? 'apis' : 'api';
  const collection = `/${root}/${apiVersion}/namespaces/${metadata.namespace}/${kind.toLowerCase()}s`;
  const manager = 'fieldManager=kubectl-client-side-apply&fieldValidation=Strict';
  await callApi('POST', `${collection}?${manager}`, { ...object, metadata: { ...metadata, annotations } });
}
