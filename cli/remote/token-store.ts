import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import type { NamedObject, ObjectAdmin } from '../../kube/index.ts';
import { tokensSecretName, tokensType } from '../../remote-crd/index.ts';
import {
  encodeRecord,
  isOf,
  type TokenRecord,
  type TokensSecret,
  tokensIn,
} from '../../server/access/tokens/token-secret.ts';
import type { RemoteId } from './id.ts';

export interface NamedToken extends TokenRecord {
  readonly id: string;
}

type Store = Pick<ObjectAdmin, 'getObject' | 'createObject' | 'mergeObject'>;

type StoredSecret = NamedObject & TokensSecret;

/** With the uid of the Remote: its tokens are those of no other one, and are deleted with it. */
export interface TokensOwner extends RemoteId {
  readonly uid: string;
}

/** Somebody else may create or delete the Secret between two calls. */
const tries = 3;

/** The oldest first. @throws ObjectRefused: there is a Secret of that name for something else */
export async function readTokens(store: Store, remote: TokensOwner): Promise<readonly NamedToken[]> {
  const secret = await store.getObject<StoredSecret>(secretOf(remote));
  if (secret && !isOf(secret, remote.uid)) throw foreign(remote);
  const tokens = [...tokensIn(secret, remote.uid)].map(([id, record]) => ({
    id,
    ...record,
    name: plain(record.name, 128),
  }));
  return tokens.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/**
 * Each token is a key of its own, so that nobody who changes another one at the same time undoes this.
 * @throws UsageInvalid: another token has this name; ObjectRefused
 */
export async function addToken(store: Store, remote: TokensOwner, id: string, record: TokenRecord): Promise<void> {
  const others = await readTokens(store, remote);
  if (others.some(({ name }) => name === record.name)) {
    throw new GitkubeError('UsageInvalid', `${remote.namespace}/${remote.name} has a token ${record.name} already`, {
      hint: `choose another name, or revoke that one: gitkube remote tokens remove ${remote.namespace}/${remote.name} <token>`,
    });
  }
  const data = { [id]: encodeRecord(record) };
  for (let tried = 0; tried < tries; tried++) {
    if (await store.mergeObject(secretOf(remote), { data })) return;
    if (await store.createObject({ ...secretOf(remote, true), type: tokensType, data } as NamedObject)) return;
  }
  throw new GitkubeError('ObjectChanged', `somebody else creates and deletes secrets/${tokensSecretName(remote.name)}`);
}

export async function removeToken(store: Store, remote: TokensOwner, id: string): Promise<void> {
  await store.mergeObject(secretOf(remote), { data: { [id]: null } });
}

/** By id or by name. @throws UsageInvalid: there is none */
export function chooseToken(tokens: readonly NamedToken[], wanted: string): NamedToken {
  const found = tokens.find(({ id }) => id === wanted) ?? tokens.find(({ name }) => name === wanted);
  if (found) return found;
  // A whole token may have been given, which gets into no output.
  const shown = wanted.startsWith('gk_') ? 'of that text' : plain(wanted, 128);
  throw new GitkubeError('UsageInvalid', `no token has the id or the name ${shown}`, {
    evidence: tokens.map(({ id, name }) => `${id} ${name}`),
    hint: tokens.length === 0 ? 'the Remote has no tokens' : 'name one of these',
  });
}

function secretOf({ namespace, name, uid }: TokensOwner, isNew = false): NamedObject {
  const owner = { apiVersion: 'gitkube.sh/v1alpha1', kind: 'Remote', name, uid };
  const metadata = {
    namespace,
    name: tokensSecretName(name),
    ...(isNew && { ownerReferences: [owner], labels: { 'app.kubernetes.io/managed-by': 'gitkube' } }),
  };
  return { apiVersion: 'v1', kind: 'Secret', metadata } as NamedObject;
}

function foreign({ namespace, name }: RemoteId): GitkubeError {
  const secret = tokensSecretName(name);
  return new GitkubeError('ObjectRefused', `secrets/${secret} in namespace ${namespace} has no tokens of this Remote`, {
    hint: `delete or rename it; to see what it is for, type: kubectl -n ${namespace} get secret ${secret} -o yaml`,
  });
}
