import { GitkubeError } from '../base/errors.ts';
import { type Call, readStatus } from './errors.ts';
import type { HttpAnswer, HttpCall } from './transport.ts';

/** One call as the operator: any status is an answer, and no answer is an error with the server's address. */
export type AdminRequest = (
  call: Omit<HttpCall, 'url' | 'timeoutMs'> & { readonly path: string },
) => Promise<HttpAnswer>;

/** An answer that is no success, as an error for the person who asked. 404 is for the caller, who knows what is missing. */
export function refusedAnswer(answer: HttpAnswer, call: Call): GitkubeError {
  const status = readStatus(answer.status, answer.body);
  const what = call.name === undefined ? call.resource : `${call.resource}/${call.name}`;
  const where = call.namespace === undefined ? '' : ` in namespace ${call.namespace}`;
  switch (status.code) {
    case 401:
      return new GitkubeError('ClusterForbidden', 'the Kubernetes API does not accept your credentials', {
        hint: 'kubectl auth whoami',
      });
    case 403:
      return new GitkubeError('ClusterForbidden', `you may not ${call.verb} ${call.resource}${where}`, {
        hint: `kubectl auth can-i ${call.verb} ${call.resource} ${call.namespace === undefined ? '-A' : `-n ${call.namespace}`}`,
        evidence: status.message === '' ? [] : [status.message],
      });
    case 400:
    case 422:
      return new GitkubeError('ObjectRefused', `the API server refuses ${what}${where}: ${status.message}`);
  }
  // Server-side apply answers 500 to a field that the schema does not have.
  const untyped = /^failed to create typed patch object \(.*?\): (.*)$/.exec(status.message)?.[1];
  if (untyped !== undefined) {
    return new GitkubeError('ObjectRefused', `the API server refuses ${what}${where}: ${untyped}`);
  }
  const text = status.message === '' ? '' : `: ${status.message}`;
  return new GitkubeError(
    'ClusterUnavailable',
    `the Kubernetes API answers ${status.code} to ${call.verb} ${what}${where}${text}`,
  );
}
