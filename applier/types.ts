import type { ByteString } from '../base/byte-string.ts';
import type { AnyObject, ObjectRef } from '../kube/kube.ts';

/** Where a line for the pusher goes. Text need not be clean: the receiver escapes it. */
export type Say = (line: string) => void;

/** What changes from one state of an object to another, in lines. */
export type Describe = (from: AnyObject, to: AnyObject) => readonly string[];

/** A commit's files, read from git objects that may still be in quarantine. */
export interface ManifestSource {
  /** What stands at a path (`.` is the root); never follows a symlink. */
  entry(path: string): Promise<{ readonly kind: 'tree' | 'blob' | 'symlink' | 'submodule' } | undefined>;
  /** Everything below a folder but the folders themselves. Paths are relative to it. */
  list(path: string): Promise<readonly SourceFile[]>;
  readBlob(oid: string, maxBytes: number): Promise<Buffer>;
}

export interface SourceFile {
  readonly path: ByteString;
  readonly kind: 'blob' | 'symlink' | 'submodule';
  readonly oid: string;
  readonly bytes: number;
}

/** An object as the repository has it. */
export interface Manifest {
  readonly object: AnyObject;
  /** The file that it comes from, relative to the repository, for messages. */
  readonly origin: string;
}

export interface RemoteName {
  readonly namespace: string;
  readonly name: string;
  /** Unset or empty: the one without a name. */
  readonly environment?: string;
}

/** What a folder of manifests is, and so what renders it. */
export type ManifestsKind = 'chart' | 'kustomization' | 'files';

/** By workload name: images by container. */
export type ImagesByWorkload = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What a release remembers of an object: that it is its, and what its manifest said where others have a say, too. */
export interface InventoryEntry {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly replicas?: number | undefined;
  /** By container, without those that are built. */
  readonly images?: Readonly<Record<string, string>> | undefined;
  /** A short hash of its manifest. */
  readonly content?: string | undefined;
}

/** An object as it was before a release touched it; null: there was none. JSON-safe for a journal. */
export interface ObjectSnapshot {
  readonly ref: ObjectRef;
  readonly before: AnyObject | null;
}

/** What restores the objects of a release, also by another process after a crash. */
export interface ManifestsJournal {
  /** The user that they are applied as. */
  readonly as: string;
  readonly remote: RemoteName;
  readonly snapshots: readonly ObjectSnapshot[];
  /** What is deleted once the release is true. */
  readonly prune: readonly ObjectRef[];
}
