import type { RegistryCredentials } from '../types.ts';

/** What the engine needs for a push: the body of `X-Registry-Auth`. */
export function authConfig(credentials: RegistryCredentials | undefined): object {
  if (credentials === undefined) return { serveraddress: '' };
  const { username, password } = credentials;
  const serveraddress = credentials.host === 'docker.io' ? 'https://index.docker.io/v1/' : credentials.host;
  return username === '<token>' ? { identitytoken: password, serveraddress } : { username, password, serveraddress };
}

/** Keyed by host, as `X-Registry-Config`: the classic builder takes base images with it. */
export function registryConfig(credentials: RegistryCredentials | undefined): object {
  const auth = authConfig(credentials) as { serveraddress: string };
  return credentials === undefined ? {} : { [auth.serveraddress]: auth };
}
