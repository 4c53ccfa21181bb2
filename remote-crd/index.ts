export { type ParsedKeys, parseAuthorizedKeys } from './authorized-keys.ts';
export { customResourceDefinition } from './crd.ts';
export { type EventFact, EventRecorder, type MigrationLeft, migrationLefts } from './events.ts';
export { type Grant, grantsOf, grantWords, type KeyRights, keyRights, rightsWords } from './grants.ts';
export { lockAnnotations, lockWords, type RemoteLock } from './lock.ts';
export type { Ownership, Refusal } from './ownership.ts';
export { parseRemote } from './parse.ts';
export { type AccessEntry, isNamed, looksSpecial, readAccess } from './parse-access.ts';
export { defaultBranches } from './parse-environments.ts';
export { fingerprint, readTokenKey } from './public-key.ts';
export type * from './remote.ts';
export { rights, taskStages } from './remote.ts';
export type { RemoteEntry } from './remote-entry.ts';
export { idOfEnvironment, remoteIdOf } from './remote-id.ts';
export { type RemoteChange, Remotes } from './remotes.ts';
export { identityClaims } from './schema-trust.ts';
export { computeStatus, readStatus } from './status.ts';
export type { AddressReason, InSyncFact, PushingFact, RemoteUrl, StatusFacts, WatchedFact } from './status-facts.ts';
export type {
  Condition,
  KeyStatus,
  PushStatus,
  ReleaseStatus,
  RemoteStatus,
  TaskStatus,
  TokenStatus,
} from './status-schema.ts';
export { StatusWriter } from './status-writer.ts';
export { tokensPrefix, tokensSecretName, tokensType } from './tokens-secret.ts';
