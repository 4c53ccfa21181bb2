import { editRemote } from '../../base/edit-remote.ts';
import { GitkubeError } from '../../base/errors.ts';
import { type BuildSecrets, ownerOf, type PlannedImage } from '../../builder/index.ts';
import type { Kube } from '../../kube/index.ts';
import type { BuildSecret } from '../../remote-crd/index.ts';
import type { EnvStore } from '../env/env-store.ts';

/**
 * The values of the secrets that builds of these images need, read from the namespace of the Remote. What is not built needs none.
 * @throws SecretUnusable; ClusterForbidden, ClusterUnavailable
 */
export async function readBuildSecrets(
  { kube, env }: { readonly kube: Pick<Kube, 'getSecret'>; readonly env: Pick<EnvStore, 'whyForeign'> },
  namespace: string,
  planned: readonly PlannedImage[],
): Promise<BuildSecrets> {
  const built = planned.filter(({ existingDigest, promoted }) => existingDigest === undefined && !promoted);
  const known = new Map<string, ReturnType<typeof kube.getSecret>>();
  const get = (name: string) => {
    const asked = known.get(name) ?? kube.getSecret(namespace, name);
    known.set(name, asked);
    return asked;
  };
  const secrets = new Map<string, ReadonlyMap<string, Buffer>>();
  for (const { label, target } of built) {
    const values = new Map<string, Buffer>();
    for (const wanted of target.container.secrets ?? []) {
      const ref = { kind: 'Secret', namespace, name: wanted.secret } as const;
      const named = env.whyForeign(ref);
      if (named) throw foreign(namespace, wanted, ownerOf(target), named);
      const secret = await get(wanted.secret);
      const why = env.whyForeign(ref, secret?.type);
      if (why) throw foreign(namespace, wanted, ownerOf(target), why);
      const data = secret?.data ?? {};
      const value = Object.hasOwn(data, wanted.key) ? data[wanted.key] : undefined;
      if (value === undefined) throw unusable(namespace, wanted, ownerOf(target), secret !== undefined);
      values.set(wanted.name, Buffer.from(value, 'base64'));
    }
    secrets.set(label, values);
  }
  return secrets;
}

/** Who may push would have what no build needs: tokens of accounts, keys of certificates, the host key. */
function foreign(namespace: string, { name, secret, key }: BuildSecret, owner: string, why: string): GitkubeError {
  const message = `Secret ${namespace}/${secret} of secret ${name} for the build of ${owner} cannot be read by a build: ${why}`;
  const create = `kubectl -n ${namespace} create secret generic <name> --from-file=${key}=<file>`;
  return new GitkubeError('SecretUnusable', message, {
    hint: [
      `to create one of type Opaque, the only possible one, type: ${create}`,
      `and name it in 'secrets' of ${owner}: ${editRemote}`,
    ],
  });
}

function unusable(
  namespace: string,
  { name, secret, key }: BuildSecret,
  owner: string,
  hasSecret: boolean,
): GitkubeError {
  const what = hasSecret ? `has no key ${key}` : 'does not exist';
  const create = `kubectl -n ${namespace} create secret generic ${secret} --from-file=${key}=<file>`;
  const add = `kubectl -n ${namespace} patch secret ${secret} --type=merge -p '{"stringData":{"${key}":"<value>"}}'`;
  return new GitkubeError(
    'SecretUnusable',
    `Secret ${namespace}/${secret} of secret ${name} for the build of ${owner} ${what}`,
    {
      hint: [
        hasSecret ? `to add it, type: ${add}` : `to create it, type: ${create}`,
        `or correct 'secrets' of ${owner}: ${editRemote}`,
      ],
    },
  );
}
