import type { Clock } from '../../base/clock.ts';
import { GitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { retry } from '../../base/retry.ts';
import type { Kube, V1Secret } from '../../kube/kube.ts';
import { generateHostKey, type HostKey, parseHostKey, readHostKey } from './host-key.ts';

export interface SecretName {
  readonly namespace: string;
  readonly name: string;
}

export interface HostKeySecretOptions {
  readonly kube: Pick<Kube, 'getSecret' | 'createSecret'>;
  readonly secret: SecretName;
  /** Where a server without a Secret keeps its key: a key that is there goes into the new Secret. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

const KEY = 'ssh_host_ed25519_key';

/**
 * The host key from a Secret, so that it outlives the volume. Created once: with the key of the data folder if there is one,
 * because an upgrade must not lock every client out, else with a new one. The first to create the Secret decides, and an
 * existing Secret is never written.
 * @throws HostKeyUnusable when the Secret holds no ed25519 key; ClusterForbidden
 */
export async function hostKeyFromSecret(options: HostKeySecretOptions): Promise<HostKey> {
  const { clock, log, signal } = options;
  return retry(() => findOrMake(options), {
    clock,
    signal,
    tries: Number.POSITIVE_INFINITY,
    firstMs: 250,
    maxMs: 2_000,
    onRetry: ({ message }) => log.warn({ why: message }, 'waiting for the Secret of the host key'),
  });
}

async function findOrMake({ kube, secret, path, log }: HostKeySecretOptions): Promise<HostKey> {
  const { namespace, name } = secret;
  const found = await kube.getSecret(namespace, name);
  if (found) return keyOf(found, secret);
  const key = (await readHostKey(path)) ?? parseHostKey(generateHostKey(), unusable(secret));
  const made = await kube.createSecret({
    namespace,
    name,
    labels: { 'app.kubernetes.io/name': 'gitkube', 'app.kubernetes.io/component': 'host-key' },
    stringData: { [KEY]: key.privateKey, [`${KEY}.pub`]: `${key.publicLine}\n` },
  });
  if (made) {
    log.info({ secret: `${namespace}/${name}`, hostKey: key.fingerprint }, 'the Secret of the host key was created');
    return key;
  }
  // Another server made it between the two calls.
  const theirs = await kube.getSecret(namespace, name);
  if (theirs) return keyOf(theirs, secret);
  throw new GitkubeError('ClusterUnavailable', `the Secret ${namespace}/${name} comes and goes`);
}

function keyOf({ data }: V1Secret, secret: SecretName): HostKey {
  return parseHostKey(Buffer.from(data?.[KEY] ?? '', 'base64').toString(), unusable(secret));
}

function unusable({ namespace, name }: SecretName) {
  return (cause: unknown) =>
    new GitkubeError('HostKeyUnusable', `the Secret ${namespace}/${name} holds no readable ed25519 key ${KEY}`, {
      hint: [
        `restore the key: kubectl -n ${namespace} create secret generic ${name} --from-file=${KEY}=<file>`,
        'delete the Secret only if every client may be asked to trust a new host key',
      ],
      cause,
    });
}
