import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** Where `docker login` keeps credentials. */
export function dockerConfigFile(env: Readonly<Record<string, string | undefined>>): string {
  return join(env.DOCKER_CONFIG || join(env.HOME ?? '', '.docker'), 'config.json');
}

/**
 * The login of a registry as `docker login` stored it. Undefined: none, or kept by a credential helper, which would have
 * to be run.
 */
export async function dockerLogin(file: string, host: string): Promise<Login | undefined> {
  const auths = await readFile(file, 'utf8')
    .then((text) => (JSON.parse(text) as { auths?: Record<string, { auth?: string }> }).auths)
    .catch(() => undefined);
  const keys =
    host === 'docker.io' ? ['https://index.docker.io/v1/', 'index.docker.io', 'docker.io'] : [host, `https://${host}`];
  const auth = keys.map((key) => auths?.[key]?.auth).find((value) => typeof value === 'string' && value !== '');
  if (auth === undefined) return undefined;
  const [username = '', password = ''] = Buffer.from(auth, 'base64').toString('utf8').split(/:(.*)/s);
  return username === '' || password === '' ? undefined : { username, password };
}
