import { again } from '../base/again.ts';
import { GitkubeError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { askAdministrator } from '../base/server-hints.ts';
import { plain } from '../base/text.ts';
import { mayNotImpersonate } from './account-errors.ts';
import type { ApiStatus } from './errors.ts';
import { undeclaredField } from './field-names.ts';
import {
  type Account,
  accountOf,
  grantCommands,
  objectVerbs,
  type RefusedRight,
  refusedRight,
} from './missing-right.ts';
import type { AnyObject, ObjectRef } from './object-calls.ts';

/** `Service/www`; how people name an object. */
export function objectText({ kind, name }: Pick<ObjectRef, 'kind' | 'name'>): string {
  return `${kind}/${name}`;
}

export interface Asked {
  readonly verb: string;
  /** The user who asked. */
  readonly as: string;
  /** It has other rights in its namespace. */
  readonly hasRights: boolean;
  /** The fields that may stand where one is that its kind does not have. */
  readonly fields?: readonly string[];
  /** As it is in the cluster, where the refusal is about a change. */
  readonly live?: AnyObject | undefined;
}

/** It lacks a right in its namespace, whatever others it has. */
export function lacksRight({ code, message }: ApiStatus, ref: ObjectRef, as: string): boolean {
  return code === 403 && ref.namespace !== undefined && message.includes(`User "${as}" cannot `);
}

/** What an object is refused for is that a field of it has changed. */
export function isImmutable({ code, message }: ApiStatus): boolean {
  return code === 422 && /field is immutable|fields other than/.test(message);
}

/** Why an object was not taken from an account, in the API server's own words. */
export function fromObjectStatus(status: ApiStatus, ref: ObjectRef, { verb, ...asked }: Asked): GitkubeError {
  const { as, hasRights } = asked;
  const account = accountOf(as);
  const notImpersonated = mayNotImpersonate(status, as);
  if (notImpersonated) return notImpersonated;
  if (status.code === 409) {
    return new GitkubeError('WorkloadChanged', `${objectText(ref)} was changed by somebody else at the same moment`);
  }
  if (account && status.code === 403 && status.message.includes(`User "${as}" cannot `)) {
    const isThere = hasRights || ref.namespace === undefined;
    const message = `${objectText(ref)}: ${mayNot(status.message, ref, account)}${isThere ? '' : ', or does not exist'}`;
    const hint = hintFor(status, ref, asked, account);
    return new GitkubeError('ManifestsRefused', message, { hint, evidence: [status.message] });
  }
  const why = inWords(status.message) || `it answers ${status.code} to ${verb}`;
  const hint = account ? hintFor(status, ref, asked, account) : [];
  return new GitkubeError('ManifestsRefused', `the API server refuses ${objectText(ref)}: ${why}`, { hint });
}

/** `ServiceAccount gitkube-deployer may not patch configmaps in namespace shop` */
function mayNot(message: string, { namespace: ofObject }: ObjectRef, { name }: Account): string {
  const [, verb, resource = '', namespace] =
    /cannot (\S+) resource "([^"]+)" in API group "[^"]*"(?: in the namespace "([^"]+)")?/.exec(message) ?? [];
  // To the API server a Namespace is in the one that it makes.
  const where =
    namespace === undefined || ofObject === undefined ? 'of the whole cluster' : `in namespace ${namespace}`;
  return `ServiceAccount ${name} may not ${verb} ${resource} ${where}`;
}

/** Without the types of its own program that a typed patch is described by. */
function inWords(message: string): string {
  return message
    .replace(/^failed to create typed patch object \([^)]*\): /, '')
    .replace(/&value\.valueUnstructured\{Value:(.*?)\}/gs, '$1');
}

function hintFor(
  status: ApiStatus,
  ref: ObjectRef,
  { as, hasRights, fields = [], live }: Omit<Asked, 'verb'>,
  account: Account,
): string[] {
  const { code, message } = status;
  if (isImmutable(status)) {
    return immutable(message, ref, live);
  }
  if (/`selector` does not match template `labels`/.test(message)) {
    return ['set labels of the pod template that spec.selector matches'];
  }
  const [, value] = /expected string, got &value\.valueUnstructured\{Value:(.*)\}$/s.exec(message) ?? [];
  if (value !== undefined) return [`put quotes around the value: "${value}"`];
  const undeclared = undeclaredField(message);
  if (undeclared) return correctField(undeclared, fields, ref);
  if (code !== 403) return [];
  if (/is attempting to grant RBAC permissions not currently held/.test(message)) {
    return [
      `ask an administrator of the cluster to grant these rights to ServiceAccount ${account.name} first: a Role can only grant what its creator has`,
    ];
  }
  if (/violates PodSecurity/.test(message)) {
    return [
      `to see the Pod Security level that it enforces, type: kubectl get namespace ${account.namespace} --show-labels`,
    ];
  }
  if (!message.includes(`User "${as}" cannot `)) return [];
  if (ref.namespace === undefined) return [ofTheCluster(ref, account)];
  const right = hasRights ? refusedRight(message) : undefined;
  return right ? grant(account, right) : makeAccount(account);
}

function correctField(path: readonly string[], fields: readonly string[], ref: ObjectRef): string[] {
  const near = nearest(path.at(-1) ?? '', fields);
  const parent = [ref.kind.toLowerCase(), ...path.slice(0, -1)].join('.');
  const list = `to list the fields, type: kubectl explain ${parent}${versionOf(ref)}`;
  const correct = 'correct the name of the field';
  return near === undefined ? [`${correct}; ${list}`] : [`${correct}: did you mean ${near}?`, list];
}

/** Of a kind that may have the name of another group's: `Service` of Knative. */
function versionOf({ apiVersion }: ObjectRef): string {
  return builtIn.test(apiVersion) ? '' : ` --api-version=${apiVersion}`;
}

/** Groups of Kubernetes, by which `kubectl` takes a kind without one. */
const builtIn = /^(?:[a-z0-9]+\/)?v[a-z0-9]+$|\.k8s\.io\//;

const pods = 'which stops its pods';

/** Kinds without data, which may be deleted and created again, and what goes with them. Others hold data, or other objects. */
const replaceable: ReadonlyMap<string, string> = new Map([
  ['apps/DaemonSet', pods],
  ['apps/Deployment', pods],
  ['apps/ReplicaSet', pods],
  ['apps/StatefulSet', `${pods} and may delete their claims with the data (persistentVolumeClaimRetentionPolicy)`],
  ['batch/CronJob', pods],
  ['batch/Job', pods],
  ['/Service', 'which gives it another address'],
]);

function immutable(message: string, ref: ObjectRef, live: AnyObject | undefined): string[] {
  const { apiVersion, kind, namespace, name } = ref;
  const field = immutableField(message);
  const value = field === undefined ? undefined : liveValue(field, ref, live);
  const was = value === undefined ? '' : `: ${value}`;
  const labels =
    field === 'spec.selector' && /^(?:apps|batch)\//.test(apiVersion) ? ', with pod labels that it matches' : '';
  const restore = `restore ${field ?? 'what was changed'}${was} in the manifest${labels}, or rename the ${kind}`;
  const group = apiVersion.includes('/') ? apiVersion.replace(/\/.*/, '') : '';
  const lost = replaceable.get(`${group}/${kind}`);
  if (lost === undefined) return [restore];
  const where = namespace === undefined ? '' : ` -n ${namespace}`;
  const replace = `or replace the ${kind}, ${lost}: type kubectl${where} delete ${kind.toLowerCase()} ${name}, and ${again}`;
  return [restore, replace];
}

/** The last one before the words: others may be named before it, for another reason. */
function immutableField(message: string): string | undefined {
  return /.*\b(spec(?:\.\w+)+)\b.*?field is immutable/s.exec(message)?.[1];
}

const maxValueLength = 120;

/** In a form that YAML is, too. A pod template and a resource of others may have private settings. */
function liveValue(field: string, { apiVersion }: ObjectRef, live: AnyObject | undefined): string | undefined {
  if (!builtIn.test(apiVersion) || field.startsWith('spec.template')) return undefined;
  const value = field
    .split('.')
    .reduce<unknown>((at, name) => (at instanceof Object ? (at as Record<string, unknown>)[name] : undefined), live);
  const text = JSON.stringify(value) as string | undefined;
  return text !== undefined && text.length <= maxValueLength ? plain(text) : undefined;
}

function grant(account: Account, right: RefusedRight): string[] {
  const plural = right.resource.replace(/\..*/, '');
  return [
    `${askAdministrator} type this, which lets ServiceAccount ${account.name} apply ${plural} in namespace ${account.namespace}:`,
    ...grantCommands(account, right, objectVerbs),
  ];
}

function ofTheCluster({ kind }: ObjectRef, { namespace, name }: Account): string {
  return `leave the ${kind} out of the manifests, and ask an administrator of the cluster to apply it: ServiceAccount ${name} has rights in namespace ${namespace} only`;
}

/** The API server gives the same answer for a missing account and for one without rights. */
function makeAccount({ namespace, name }: Account): string[] {
  return [
    `${askAdministrator} create ServiceAccount ${name}, which applies the manifests, and to bind ClusterRole edit to it:`,
    `kubectl -n ${namespace} create serviceaccount ${name}`,
    `kubectl -n ${namespace} create rolebinding ${name} --clusterrole=edit --serviceaccount=${namespace}:${name}`,
  ];
}
