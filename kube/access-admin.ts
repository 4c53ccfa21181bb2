import { type AdminRequest, refusedAnswer } from './admin-request.ts';
import { parseBody } from './errors.ts';
import type { Right } from './rights.ts';

/** What the API server says about the caller, and about itself. */
export interface AccessAdmin {
  /** The name of the caller in RBAC. */
  whoAmI(): Promise<string>;
  mayI(right: Right): Promise<boolean>;
  /** @returns its version, and its clock when it answered, in milliseconds since the epoch (to the second) */
  serverFacts(): Promise<{ readonly version: string; readonly now: number }>;
}

export function accessAdmin(request: AdminRequest): AccessAdmin {
  const create = async <T>(api: string, resource: string, kind: string, spec: object): Promise<T> => {
    const answer = await request({
      method: 'POST',
      path: `/apis/${api}/${resource}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ apiVersion: api, kind, ...spec }),
    });
    if (answer.status >= 300) throw refusedAnswer(answer, { verb: 'create', resource });
    return parseBody<T>(answer.body);
  };
  return {
    whoAmI: async () => {
      const api = 'authentication.k8s.io/v1';
      const review = await create<{ status?: { userInfo?: { username?: string } } }>(
        api,
        'selfsubjectreviews',
        'SelfSubjectReview',
        {},
      );
      return review.status?.userInfo?.username ?? '';
    },

    mayI: async ({ group, resource, verb, namespace, name }) => {
      const [plain = '', subresource] = resource.split('/');
      const resourceAttributes = { group, resource: plain, subresource, verb, namespace, name };
      const review = await create<{ status?: { allowed?: boolean } }>(
        'authorization.k8s.io/v1',
        'selfsubjectaccessreviews',
        'SelfSubjectAccessReview',
        { spec: { resourceAttributes } },
      );
      return review.status?.allowed === true;
    },

    serverFacts: async () => {
      const answer = await request({ method: 'GET', path: '/version' });
      if (answer.status >= 300) throw refusedAnswer(answer, { verb: 'get', resource: 'version' });
      const { gitVersion } = parseBody<{ gitVersion?: string }>(answer.body);
      return { version: gitVersion ?? '', now: Date.parse(answer.headers.date ?? '') };
    },
  };
}
