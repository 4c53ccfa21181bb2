import { editCommand } from '../../base/edit-remote.ts';
import { GitkubeError } from '../../base/errors.ts';
import type { LfsServer } from '../../builder/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { DeployContext } from './context.ts';

/** The LFS server that a Remote names, with its login. @throws SecretUnusable */
export async function lfsServerOf(
  { kube }: Pick<DeployContext, 'kube'>,
  remote: Pick<Remote, 'namespace' | 'name' | 'lfs'>,
): Promise<LfsServer | undefined> {
  const { lfs, namespace } = remote;
  if (!lfs?.secretName) return lfs && { url: lfs.url };
  const { url, secretName } = lfs;
  const secret = await kube.getSecret(namespace, secretName);
  const text = (key: string) => Buffer.from(secret?.data?.[key] ?? '', 'base64').toString('utf8');
  const credentials = { username: text('username'), password: text('password') };
  if (secret?.type === 'kubernetes.io/basic-auth' && credentials.password !== '') return { url, credentials };
  const what = secret ? 'is no Secret of type kubernetes.io/basic-auth with a password' : 'does not exist';
  const create = `kubectl -n ${namespace} create secret generic ${secretName} --type=kubernetes.io/basic-auth --from-literal=username=<user> --from-literal=password=<password>`;
  throw new GitkubeError(
    'SecretUnusable',
    `Secret ${namespace}/${secretName}, which spec.lfs.credentials names, ${what}`,
    {
      hint: [
        `${secret ? 'delete it, and create it again' : 'to create it'}, type: ${create}`,
        `or correct its name in spec.lfs.credentials: ${editCommand(remote)}`,
      ],
    },
  );
}
