import { systemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import { createRegistryClient } from '../../builder/registry/client.ts';

/** A clock on which no retry waits. */
export const quickClock = { ...systemClock, delay: async () => {} };

export const credentialsOf = (host: string) => ({ host, username: 'ann', password: 'secret' });

/** A client of this registry that retries at once. */
export function openRegistry(host: string, withCredentials = true) {
  const registry = createRegistryClient({ insecureRegistries: [], clock: quickClock, log: silentLogger });
  return registry.open(host, withCredentials ? credentialsOf(host) : undefined);
}
