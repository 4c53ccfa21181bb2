import type { V1Job } from '@kubernetes/client-node';
import type { GitkubeError } from '../base/errors.ts';
import { mayNotRunJobs } from './account-errors.ts';
import { type ApiStatus, type Call, fromCreateStatus, fromStatus, parseBody, readStatus } from './errors.ts';
import type { Transport } from './transport.ts';

/** A Job by its name, done as an account. */
export interface JobRef {
  readonly namespace: string;
  readonly name: string;
  /** The user to impersonate; unset: Gitkube's own rights decide. */
  readonly as?: string | undefined;
}

export interface JobCalls {
  getJob(ref: JobRef): Promise<V1Job | undefined>;
  /**
   * One that is there already under that name stays as it is, and is the answer.
   * @throws RolloutRefused for a quota or an admission policy; ObjectRefused; ClusterForbidden, ClusterUnavailable
   */
  createJob(ref: JobRef, job: V1Job): Promise<V1Job>;
  /** Creates nothing. @throws what `createJob` would throw */
  checkJob(ref: JobRef, job: V1Job): Promise<void>;
  /**
   * With its pods, which get their grace. One that is gone, or another one, is no error.
   * @param policy `Foreground`: it is there until its pods are gone
   */
  deleteJob(ref: JobRef, uid: string, policy?: 'Background' | 'Foreground'): Promise<void>;
  listJobs(namespace: string, labelSelector: string): Promise<V1Job[]>;
}

const timeoutMs = 30_000;

export function jobCalls(transport: Transport): JobCalls {
  const send = (method: string, path: string, as: string | undefined, body?: object) =>
    transport.send({
      method,
      url: transport.url(path),
      headers: { ...(as && { 'impersonate-user': as }), ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      timeoutMs,
    });

  const getJob = async ({ namespace, name, as }: JobRef) => {
    const { status, body } = await send('GET', `${collectionOf(namespace)}/${name}`, as);
    if (status < 300) return parseBody<V1Job>(body);
    if (status === 404) return undefined;
    throw refused(readStatus(status, body), 'get', { namespace, as });
  };

  return {
    getJob,

    createJob: async (ref, job) => {
      const { namespace, as } = ref;
      const { status, body } = await send('POST', `${collectionOf(namespace)}?fieldManager=gitkube`, as, job);
      if (status < 300) return parseBody<V1Job>(body);
      const answer = readStatus(status, body);
      const there = isThere(answer) ? await getJob(ref) : undefined;
      if (there) return there;
      throw refused(answer, 'create', ref);
    },

    checkJob: async ({ namespace, as }, job) => {
      const { status, body } = await send(
        'POST',
        `${collectionOf(namespace)}?fieldManager=gitkube&dryRun=All`,
        as,
        job,
      );
      if (status >= 300) throw refused(readStatus(status, body), 'create', { namespace, as });
    },

    deleteJob: async ({ namespace, name, as }, uid, propagationPolicy = 'Background') => {
      const options = { propagationPolicy, preconditions: { uid } };
      const { status, body } = await send('DELETE', `${collectionOf(namespace)}/${name}`, as, options);
      if (status < 300 || status === 404 || status === 409) return;
      throw refused(readStatus(status, body), 'delete', { namespace, as });
    },

    listJobs: async (namespace, labelSelector) => {
      const query = new URLSearchParams({ labelSelector });
      const { status, body } = await send('GET', `${collectionOf(namespace)}?${query}`, undefined);
      if (status < 300) return parseBody<{ readonly items: V1Job[] }>(body).items;
      throw refused(readStatus(status, body), 'list', { namespace });
    },
  };
}

function isThere({ code, reason }: ApiStatus): boolean {
  return code === 409 && reason === 'AlreadyExists';
}

function collectionOf(namespace: string): string {
  return `/apis/batch/v1/namespaces/${namespace}/jobs`;
}

function refused(status: ApiStatus, verb: Call['verb'], { namespace, as }: Omit<JobRef, 'name'>): GitkubeError {
  const call = { verb, resource: 'jobs', namespace };
  return mayNotRunJobs(status, as) ?? (verb === 'create' ? fromCreateStatus(status, call) : fromStatus(status, call));
}
