export { type ParsedKeys, parseAuthorizedKeys } from './authorized-keys.ts';
export { customResourceDefinition } from './crd.ts';
export { type EventFact, EventRecorder, type MigrationLeft, migrationLefts } from './events.ts';
export { lockAnnotations, lockWords, type RemoteLock } from './lock.ts';
export type { Ownership, Refusal } from './ownership.ts';
export { parseRemote } from './parse.ts';
export { fingerprint } from './public-key.ts';
export type * from './remote.ts';
export { taskStages } from './remote.ts';
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
