import { describe, expect, it } from 'vitest';
import { mayNotRunJobs } from './account-errors.ts';

const as = 'system:serviceaccount:shop:gitkube-deployer';
const refused = (message: string, code = 403) => ({ code, reason: 'Forbidden', message, hasCauses: false });

describe('a Job that is refused', () => {
  it('names the ServiceAccount that lacks the right, and the commands that grant it', () => {
    const why = `jobs.batch is forbidden: User "${as}" cannot create resource "jobs" in API group "batch" in the namespace "shop"`;
    const error = mayNotRunJobs(refused(why), as);
    expect(error).toMatchObject({
      reason: 'ClusterForbidden',
      message: 'ServiceAccount gitkube-deployer may not create jobs in namespace shop',
      evidence: [why],
      hint: [
        'ask an administrator of the cluster to type this, which lets ServiceAccount gitkube-deployer run tasks in namespace shop:',
        'kubectl -n shop create role gitkube-deployer-jobs --verb=get,list,watch,create,patch,delete --resource=jobs.batch',
        'kubectl -n shop create rolebinding gitkube-deployer-jobs --role=gitkube-deployer-jobs --serviceaccount=shop:gitkube-deployer',
      ],
    });
  });

  it('names the value of the chart when Gitkube may not impersonate the account', () => {
    const why = `serviceaccounts "gitkube-deployer" is forbidden: User "system:serviceaccount:gitkube:gitkube" cannot impersonate resource "serviceaccounts" in API group "" in the namespace "shop"`;
    const error = mayNotRunJobs(refused(why), as);
    expect(error?.message).toBe(`gitkube may not impersonate ${as}`);
    expect(error?.hint.join()).toContain('manifests.serviceAccounts of the chart');
  });

  it.each([
    ['a quota', refused('jobs.batch "x" is forbidden: exceeded quota: jobs'), as],
    ['an answer that is no refusal', refused('the server is busy', 500), as],
    ['a refusal of Gitkube itself', refused('User "gitkube" cannot create resource "jobs"'), undefined],
  ])('is not blamed on an account for %s', (_, status, account) => {
    expect(mayNotRunJobs(status, account)).toBeUndefined();
  });
});
