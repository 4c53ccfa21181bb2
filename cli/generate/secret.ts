import type { KubeAdmin } from '../../kube/index.ts';
import type { Login } from './docker-config.ts';

export interface NewRegistrySecret {
  readonly namespace: string;
  readonly name: string;
  readonly host: string;
  readonly login: Partial<Login>;
}

/** What to type for it; a password never gets into output, nor into the history of a shell. */
export function secretCommand({ namespace, name, host, login }: NewRegistrySecret): string {
  const user = login.username === undefined ? '"$USER_NAME"' : `'${login.username.replaceAll("'", `'\\''`)}'`;
  return (
    `kubectl -n ${namespace} create secret docker-registry ${name} --docker-server=${serverOf(host)} ` +
    `--docker-username=${user} --docker-password="$PASSWORD"`
  );
}

export async function createRegistrySecret(
  admin: KubeAdmin,
  { namespace, name, host, login: { username = '', password = '' } }: NewRegistrySecret,
): Promise<void> {
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  const config = JSON.stringify({ auths: { [serverOf(host)]: { username, password, auth } } });
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/dockerconfigjson',
    metadata: { namespace, name },
    data: { '.dockerconfigjson': Buffer.from(config).toString('base64') },
  };
  await admin.applyObject(secret, { force: false, dryRun: false });
}

/** What kubelets and Docker look for. */
function serverOf(host: string): string {
  return host === 'docker.io' ? 'https://index.docker.io/v1/' : host;
}
