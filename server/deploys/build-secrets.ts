import { editRemote } from '../../base/edit-remote.ts';
import { GitkubeError } from '../../base/errors.ts';
import { type BuildSecrets, ownerOf, type PlannedImage } from '../../builder/index.ts';
import type { Kube } from '../../kube/index.ts';
import type { BuildSecret } from '../../remote-crd/index.ts';

/**
 * The values of the secrets that builds of these images need, read from the namespace of the Remote. What is not built needs none.
 * @throws SecretUnusable; ClusterForbidden, ClusterUnavailable
 */
export async function readBuildSecrets(
  kube: Pick<Kube, 'getSecret'>,
  namespace: string,
  planned: readonly PlannedImage[],
): Promise<BuildSecrets> {
  const built = planned.filter(({ existingDigest }) => existingDigest === undefined);
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
      const data = (await get(wanted.secret))?.data;
      const value = data?.[wanted.key];
      if (value === undefined) throw unusable(namespace, wanted, ownerOf(target), data !== undefined);
      values.set(wanted.name, Buffer.from(value, 'base64'));
    }
    secrets.set(label, values);
  }
  return secrets;
}

function unusable(
  namespace: string,
  { name, secret, key }: BuildSecret,
  owner: string,
  hasSecret: boolean,
): GitkubeError {
  const what = hasSecret ? `has no key ${key}` : 'does not exist';
  const create = `kubectl -n ${namespace} create secret generic ${secret} --from-file=${key}=<file>`;
  const add = `kubectl -n ${namespace} edit secret ${secret}`;
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
