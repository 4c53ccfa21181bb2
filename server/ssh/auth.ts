import type { AuthContext, Connection } from 'ssh2';
import ssh2 from 'ssh2';
import type { AuthorizedKey } from '../../remote-crd/index.ts';
import { fingerprint } from '../../remote-crd/index.ts';
import { type Principal, principalOf } from '../access/principal.ts';
import { sayBanner } from './banner.ts';
import { sayGoodbye } from './goodbye.ts';
import { verifyTokenSignature } from './token-signature.ts';
import type { UnlistedKeys } from './unlisted-keys.ts';

// OpenSSH allows 6 tries; an agent full of keys burns probes, so those are counted apart.
const MAX_FAILED_SIGNATURES = 6;
const MAX_ATTEMPTS = 20;

export interface AuthOptions {
  /** The key as some Remote lists it, by fingerprint. */
  readonly find: (fingerprint: string) => AuthorizedKey | undefined;
  readonly onPrincipal: (principal: Principal) => void;
  /** Milliseconds that a key which is not known waits for that answer. */
  readonly refusalDelayMs: () => number;
  readonly unlisted: ReturnType<UnlistedKeys['open']>;
}

/**
 * Public keys only. A client first asks whether a key would do and then signs with one, and these need not be the same
 * key: the principal is taken from the verified signature alone (GHSA-pchf-49fh-w34r, CVE-2024-45337).
 */
export function authenticate(
  connection: Connection,
  { find, onPrincipal, refusalDelayMs, unlisted }: AuthOptions,
): void {
  let attempts = 0;
  let failedSignatures = 0;
  // ssh2 asks for the next key only when this one is answered.
  let late: NodeJS.Timeout | undefined;
  const refuse = (context: AuthContext) => {
    late = setTimeout(() => context.reject(['publickey']), refusalDelayMs());
  };
  connection.on('close', () => clearTimeout(late));
  connection.on('authentication', (context) => {
    if (++attempts > MAX_ATTEMPTS || failedSignatures >= MAX_FAILED_SIGNATURES) {
      sayGoodbye(connection, 'gitkube: too many keys were tried; name yours: ssh -o IdentitiesOnly=yes -i <file>');
      return void connection.end();
    }
    if (context.method !== 'publickey') return context.reject(['publickey']);
    const key = known(context.key.algo, context.key.data, context.hashAlgo, find);
    if (!key) {
      for (const line of unlisted.lines(fingerprint(context.key.data))) sayBanner(connection, line);
      return refuse(context);
    }
    if (!context.signature) return context.accept();
    const proof = proven(key, context.blob, context.signature, context.hashAlgo);
    if (!proof) {
      failedSignatures++;
      return refuse(context);
    }
    unlisted.loggedIn();
    onPrincipal({ ...principalOf(key), ...proof });
    return context.accept();
  });
}

function known(
  algorithm: string,
  blob: Buffer,
  hash: string | undefined,
  find: (fingerprint: string) => AuthorizedKey | undefined,
): AuthorizedKey | undefined {
  // `ssh-rsa` without a named hash is a SHA-1 signature.
  if (algorithm === 'ssh-rsa' && hash === undefined) return undefined;
  const key = find(fingerprint(blob));
  return key && key.type === algorithm && key.blob.equals(blob) ? key : undefined;
}

/** What the signature of a key proves; undefined: nothing. */
function proven(
  key: AuthorizedKey,
  blob: Buffer | undefined,
  signature: Buffer,
  hash: string | undefined,
): Pick<Principal, 'token'> | undefined {
  if (!key.type.startsWith('sk-')) return verified(key, blob, signature, hash) ? {} : undefined;
  const token = blob && verifyTokenSignature(key.blob, blob, signature);
  return token && { token };
}

function verified(key: AuthorizedKey, blob: Buffer | undefined, signature: Buffer, hash: string | undefined): boolean {
  const parsed = ssh2.utils.parseKey(`${key.type} ${key.blob.toString('base64')}`);
  if (parsed instanceof Error || Array.isArray(parsed) || !blob) return false;
  // verify() answers an Error object, which is truthy, for a signature that it cannot read.
  return parsed.verify(blob, signature, hash) === true;
}
