import { z } from 'zod';
import { GitkubeError } from '../base/errors.ts';
import { plain } from '../base/text.ts';
import { keyWords, parseAuthorizedKeys } from './authorized-keys.ts';
import { readAccess } from './parse-access.ts';
import { readEnvironments } from './parse-environments.ts';
import { promotionId } from './parse-promotion.ts';
import { readTarget, type Shared } from './parse-target.ts';
import { readTrust } from './parse-trust.ts';
import type { RegistrySpec, Remote } from './remote.ts';
import { type RemoteSpec, remoteSpec } from './schema.ts';

const remoteObject = z.object({
  metadata: z.object({
    namespace: z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/),
    name: z.string().regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/),
    uid: z.string(),
    generation: z.int().optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: remoteSpec,
});

/**
 * The Remote that an object of the API server means, with defaults filled in. The API server has checked most of it, but
 * an object may be older than the rules, so everything is checked again.
 *
 * Throws `RemoteInvalid`, whose message names the first path and value that do not fit.
 */
export function parseRemote(object: unknown): Remote {
  const parsed = remoteObject.safeParse(object, { reportInput: true });
  if (!parsed.success) throw invalid(parsed.error);
  const { metadata, spec } = parsed.data;
  const names = (spec.environments ?? []).map(({ name }) => name);
  const shared = readShared(metadata, spec, names);
  const own = readTarget(shared, spec, '');
  const environments = readEnvironments(shared, spec, own);
  const isOnlyEnvironments = names.length > 0 && own.deployments.length === 0 && !own.manifests;
  return {
    ...own,
    environments,
    ...(isOnlyEnvironments && { isOnlyEnvironments }),
  };
}

function readShared(
  { namespace, name, uid, generation = 0, annotations = {} }: z.infer<typeof remoteObject>['metadata'],
  spec: RemoteSpec,
  environments: readonly string[],
): Shared {
  const { keys, problems: keyProblems, ignored } = parseAuthorizedKeys(spec.authorizedKeys ?? []);
  const { access, problems } = readAccess(spec.access, keys);
  const named = { namespace, name, environments };
  const promoteTo = (spec.promoteTo ?? []).map((one) => promotionId(one, { ...named, environments: [] }));
  const registry = readRegistry(spec.registry);
  return {
    fields: {
      ...{ namespace, name, uid, generation, keys, keyProblems },
      ...access,
      ...readTrust(spec.trust),
      ...(registry && { registry }),
      ...readLfs(spec.lfs),
      ...(promoteTo.length > 0 && { promoteTo }),
    },
    named,
    annotations,
    problems,
    warnings: ignored.map(keyWords),
  };
}

function readRegistry(registry: RemoteSpec['registry']): RegistrySpec | undefined {
  const url = registry?.url?.replace(/\/+$/, '');
  if (!url) return undefined;
  const secretName = registry?.credentials?.secretRef || registry?.credentials?.secretKeyRef?.name;
  return secretName ? { url, secretName } : { url };
}

function readLfs(lfs: RemoteSpec['lfs']): Pick<Remote, 'lfs'> {
  if (!lfs) return {};
  const secretName = lfs.credentials?.secretRef;
  return { lfs: { url: lfs.url, ...(secretName && { secretName }) } };
}

function invalid(error: z.ZodError): GitkubeError {
  const [issue] = error.issues;
  const path = (issue?.path ?? []).reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}${text && '.'}${String(key)}`),
    '',
  );
  const value = issue?.input === undefined ? 'missing' : (JSON.stringify(issue.input) ?? typeof issue.input);
  const why = (issue?.message ?? '').replace(/^Invalid input: /, '');
  return new GitkubeError('RemoteInvalid', plain(`${path || 'the object'} is ${plain(value, 80)}: ${why}`, 500), {
    hint: 'kubectl explain remote.spec --recursive',
  });
}
