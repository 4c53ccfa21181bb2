import { GitkubeError } from '../base/errors.ts';
import { plain } from '../base/text.ts';
import { workloadKinds, workloadResource } from './workload.ts';

/** What was asked of the API server, for the message. */
export interface Call {
  /** The verb of RBAC: get, list, watch, patch, create. */
  readonly verb: string;
  /** As RBAC writes it: `deployments`, `remotes/status`, `pods/log`. */
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** The parts of a `Status` that decide. Its headers and the rest of its body are never passed on. */
export interface ApiStatus {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  /** Whether single fields are named as the cause. */
  readonly hasCauses: boolean;
}

/** No answer at all: connection refused, reset, timed out, TLS. */
export class NoAnswer extends GitkubeError {
  constructor(why: string, cause?: unknown) {
    super('ClusterUnavailable', `the Kubernetes API does not answer: ${plain(why, 200)}`, { cause });
  }
}

/** @param body the text of an answer with an error status; anything, also no JSON */
export function readStatus(code: number, body: string): ApiStatus {
  const status = parseObject(body);
  const details = status.details as { causes?: unknown } | undefined;
  return {
    code,
    reason: typeof status.reason === 'string' ? status.reason : '',
    message: plain(typeof status.message === 'string' ? withoutObjects(status.message) : '', 1000),
    hasCauses: Array.isArray(details?.causes) && details.causes.length > 0,
  };
}

/** @throws ClusterUnavailable when a successful answer is no JSON: something else answers in place of the API server */
export function parseBody<T>(body: string): T {
  try {
    return JSON.parse(body) as T;
  } catch {
    throw new GitkubeError('ClusterUnavailable', 'the Kubernetes API answers with something that is not JSON');
  }
}

/** An error status as an error of the catalog. 404 is left to the caller, which knows whether it is an error. */
export function fromStatus(status: ApiStatus, call: Call): GitkubeError {
  const where = call.namespace === undefined ? 'in all namespaces' : `in namespace ${call.namespace}`;
  if (status.code === 401) {
    return new GitkubeError('ClusterForbidden', 'the Kubernetes API does not accept the credentials of gitkube');
  }
  if (status.code === 403) {
    return new GitkubeError('ClusterForbidden', `gitkube may not ${call.verb} ${call.resource} ${where}`, {
      hint: 'ask the operator to run gitkube doctor, which prints the commands that grant it',
    });
  }
  if (status.code === 404 && call.verb === 'list' && call.resource === 'remotes') {
    const what = 'the cluster knows no remotes: their CustomResourceDefinition is missing';
    return new GitkubeError('NotInstalled', what, { hint: 'gitkube install --crd-only' });
  }
  const text = status.message === '' ? '' : `: ${status.message}`;
  return new GitkubeError(
    'ClusterUnavailable',
    `the Kubernetes API answers ${status.code} to ${call.verb} ${call.resource} ${where}${text}`,
  );
}

/**
 * Why a JSON patch was not taken. The API server answers 422 with the reason Invalid to a `test` that does not hold as
 * well as to a change that validation or a webhook refuses, but only to the former without saying anything about it.
 */
export function fromPatchStatus(status: ApiStatus, call: Call): GitkubeError {
  const kind = workloadKinds.find((one) => workloadResource[one] === call.resource) ?? call.resource;
  const what = `${kind} ${call.name} in namespace ${call.namespace}`;
  const testFailed = status.code === 422 && !status.hasCauses && ['', wordless].includes(status.message);
  if (status.code === 409 || testFailed) {
    return new GitkubeError('WorkloadChanged', `${what} was changed by somebody else at the same moment`);
  }
  if (status.code === 422 || status.code === 400 || (status.code === 403 && !isRbac(status))) {
    const why = status.message || `the API server answers ${status.code}`;
    const [, policy] = /(ValidatingAdmissionPolicy '[^']+'|admission webhook "[^"]+")/.exec(why) ?? [];
    return new GitkubeError('PatchRefused', `the API server refuses the change of ${what}: ${why}`, {
      hint: `change what the message names, or ask an administrator of the cluster${policy ? ` about ${policy}` : ''}`,
    });
  }
  return fromStatus(status, call);
}

/** Why an object was not created. */
export function fromCreateStatus(status: ApiStatus, call: Call): GitkubeError {
  const what = `the API server refuses ${call.resource} in namespace ${call.namespace}`;
  const isRule = status.code === 403 && !isRbac(status);
  if (isRule || status.code === 400) return new GitkubeError('RolloutRefused', `${what}: ${status.message}`);
  if (status.code === 422) return new GitkubeError('ObjectRefused', `${what}: ${status.message}`);
  return fromStatus(status, call);
}

/** Whether a right is missing: quota and admission answer 403, too. */
function isRbac({ message }: ApiStatus): boolean {
  return /^\S+ (?:"[^"]*" )?is forbidden: User "[^"]*" cannot /.test(message);
}

const wordless = 'the server rejected our request due to an error in our request';

/** A refused patch is answered with the whole object, and a pod template holds private settings. */
function withoutObjects(message: string): string {
  return message.replace(/Invalid value: "\{.*\}": /gs, '').replace(/Invalid value: \{.*\}: /gs, '');
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
