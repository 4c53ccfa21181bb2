import { credentialsFromSecret, type RegistryCredentials } from '../../builder/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { DeployContext } from './context.ts';

/** Of any registry that the Secret of a Remote has something for; one for which it has nothing may still answer without. */
export async function registryCredentials(
  { kube }: Pick<DeployContext, 'kube'>,
  { namespace, registry }: Pick<Remote, 'namespace' | 'registry'>,
): Promise<(registryUrl: string) => RegistryCredentials | undefined> {
  const secretName = registry?.secretName;
  const secret = secretName && (await kube.getSecret(namespace, secretName));
  if (!secret) return () => undefined;
  const content = { name: `${namespace}/${secretName}`, type: secret.type ?? '', data: secret.data ?? {} };
  return (registryUrl) => {
    try {
      return credentialsFromSecret(content, registryUrl);
    } catch {
      return undefined;
    }
  };
}
