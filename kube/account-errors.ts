import { GitkubeError } from '../base/errors.ts';
import { askAdministrator } from '../base/server-hints.ts';
import type { ApiStatus } from './errors.ts';
import { accountOf, grantCommands, objectVerbs, refusedRight } from './missing-right.ts';

/**
 * Kubernetes with constrained impersonation (KEP-5284, on since 1.36) names the verb that it would have liked in place of
 * `impersonate`: `cannot impersonate-on:serviceaccount:patch resource "jobs"`.
 */
const cannotImpersonate = / cannot impersonate(-on:\S+|:\S+)? resource /;

/** Undefined: it was refused for another reason. */
export function mayNotImpersonate({ code, message }: ApiStatus, as: string): GitkubeError | undefined {
  if (code !== 403 || !cannotImpersonate.test(message)) return undefined;
  return new GitkubeError('ClusterForbidden', `gitkube may not impersonate ${as}`, {
    evidence: [message],
    hint: `ask the operator of Gitkube to list ${accountOf(as)?.name} in manifests.serviceAccounts of the chart, which grants impersonate for that ServiceAccount`,
  });
}

/** Why a Job was refused to the account that creates it. Undefined: the rights of the account are not the reason. */
export function mayNotRunJobs(status: ApiStatus, as: string | undefined): GitkubeError | undefined {
  const account = as === undefined ? undefined : accountOf(as);
  if (as === undefined || account === undefined) return undefined;
  const { code, message } = status;
  if (code !== 403 || !message.includes(`User "${as}" cannot `)) return mayNotImpersonate(status, as);
  const { name, namespace } = account;
  const right = refusedRight(message) ?? { resource: 'jobs.batch', namespace };
  const [, verb = 'create'] = / cannot (\w+) resource /.exec(message) ?? [];
  return new GitkubeError('ClusterForbidden', `ServiceAccount ${name} may not ${verb} jobs in namespace ${namespace}`, {
    evidence: [message],
    hint: [
      `${askAdministrator} type this, which lets ServiceAccount ${name} run tasks in namespace ${namespace}:`,
      ...grantCommands(account, right, objectVerbs),
    ],
  });
}
