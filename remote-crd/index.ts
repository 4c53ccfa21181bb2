export { type ParsedKeys, parseAuthorizedKeys } from './authorized-keys.ts';
export { customResourceDefinition } from './crd.ts';
export { type EventFact, EventRecorder, type MigrationLeft, migrationLefts } from './events.ts';
export { type Grant, grantsOf, type KeyRights, keyRights, rightsWords } from './grants.ts';
export { lockAnnotations, lockWords, type RemoteLock } from './lock.ts';
export type { Ownership, Refusal } from './ownership.ts';
export { parseRemote } from './parse.ts';
export { type AccessEntry, isNamed, looksSpecial, readAccess } from './parse-access.ts';
export { fingerprint, readTokenKey } from './public-key.ts';
export type * from './remote.ts';
export { rights, taskStages } from './remote.ts';
export type { RemoteEntry } from './remote-entry.ts';
export { type RemoteChange, Remotes } from './remotes.ts';
export {
  type AddressReason,
  computeStatus,
  type InSyncFact,
  type PushingFact,
  type RemoteUrl,
  readStatus,
  type StatusFacts,
  type WatchedFact,
} from './status.ts';
export type { Condition, KeyStatus, PushStatus, ReleaseStatus, RemoteStatus, TaskStatus } from './status-schema.ts';
export { StatusWriter } from './status-writer.ts';
