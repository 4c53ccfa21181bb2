import type { Readable } from 'node:stream';
import type { ByteString } from '../base/byte-string.ts';
import type { ContainerTarget } from '../remote-crd/remote.ts';
import type { SecretValues } from './build/mask.ts';
import type { LfsPointer } from './lfs/pointer.ts';

/** The commit that is being pushed, read from git objects that may still be in quarantine. */
export interface SourceTree {
  /** The full object id of the commit. */
  readonly commit: string;
  readonly commitTime: Date;
  /** What stands at a path (`.` is the root): kind and object id, or undefined. Never follows a symlink. */
  entry(
    path: string,
  ): Promise<{ readonly kind: 'tree' | 'blob' | 'symlink' | 'submodule'; readonly oid: string } | undefined>;
  readBlob(oid: string, maxBytes: number): Promise<Buffer>;
  /**
   * Everything of a tree that the format wants, in that format. Destroying the stream ends git.
   * @param contents what some blobs stand for; unset: each for itself
   */
  archive(tree: string, format: ArchiveFormat, contents?: BlobContents): Readable;
  /** The files of Git LFS of the commit, of which it has pointers only. */
  lfsFiles(): Promise<readonly LfsFile[]>;
  /** Those of the commit. */
  submodules(): Promise<readonly Submodule[]>;
  /** Makes readable what the commit only names, until it is disposed of. @throws SubmoduleUnavailable */
  openContents(wanted: WantedContents): Promise<BlobContents & AsyncDisposable>;
  /** A folder of the repository for the content of such files, which may be deleted at any time. */
  readonly lfsFolder: string;
}

export interface WantedContents {
  /** Paths, by the id of the blob that stands for the file. */
  readonly files?: ReadonlyMap<string, string>;
  /** Their URLs are allowed. */
  readonly submodules?: readonly Required<Submodule>[];
  readonly signal?: AbortSignal;
  /** Bytes of each submodule, and of all that are kept. */
  readonly maxModuleBytes?: number;
  /** Of submodules in submodules: the URL as git is given it; undefined: it is not allowed. */
  readonly allowedUrl?: (url: string) => string | undefined;
}

/** The content of what a commit only names. */
export interface BlobContents {
  /** The folders of objects that have it. */
  readonly objects: readonly string[];
  /** The id of the content by that of the blob. */
  readonly blobs: ReadonlyMap<string, string>;
  /** The tree of a submodule by its commit. */
  readonly submodules: ReadonlyMap<string, string>;
}

/** A folder of the commit that is a commit of another repository. */
export interface Submodule {
  /** From the root of the repository. */
  readonly path: ByteString;
  readonly commit: string;
  /** As `.gitmodules` has it; unset: it does not name it. */
  readonly url?: string;
}

export interface LfsFile extends LfsPointer {
  /** From the root of the repository. */
  readonly path: ByteString;
  /** The id of the blob that is its pointer. */
  readonly blob: string;
}

/** Where the content of files of Git LFS is. */
export interface LfsServer {
  /** As in `lfs.url` of git-lfs: `objects/batch` is behind it. */
  readonly url: string;
  readonly credentials?: { readonly username: string; readonly password: string };
}

/** A file or folder of a tree that is archived. */
export interface TreeFile {
  /** From the top of the archive, without a slash at either end. */
  readonly path: ByteString;
  readonly kind: 'tree' | 'blob' | 'symlink' | 'submodule';
  readonly executable: boolean;
  readonly oid: string;
}

/** What becomes of the files of a tree. A folder comes before what is in it. What a method throws ends the archive. */
export interface ArchiveFormat {
  /** The target of a symlink may have as many bytes. */
  readonly maxSymlinkBytes: number;
  /** Asked about every file; nothing below a folder that is not wanted is looked at. */
  wants(file: TreeFile): boolean;
  /** Of a submodule, too. */
  folder(file: TreeFile): Buffer;
  symlink(file: TreeFile, target: Buffer): Buffer;
  /** What comes before the content of a file. */
  file(file: TreeFile, bytes: number): Buffer;
  behindFile(bytes: number): Buffer;
  /** A folder or a symlink that is too large to be kept in memory. */
  tooLarge(file: TreeFile): never;
  end(): Buffer;
}

/** Where a line for the pusher goes. Text need not be clean: the receiver escapes it. */
export type Say = (line: string) => void;

/** One image that a push needs. */
export interface ImageTarget {
  /** Of a workload; of the image of a task: empty. */
  readonly deployment: string;
  readonly container: ContainerTarget;
  /** The task that alone runs it; unset: the container does. */
  readonly task?: string;
}

/** What builds may read, by the label of the image and the id of the secret. Never logged, and part of no image. */
export type BuildSecrets = ReadonlyMap<string, SecretValues>;

/** Credentials for exactly one registry host. */
export interface RegistryCredentials {
  readonly host: string;
  readonly username: string;
  readonly password: string;
  /** The Secret that they come from, as `namespace/name`, for messages. */
  readonly from?: string;
  /** Whether they are all that `kubectl create secret docker-registry` has to write to replace that Secret. */
  readonly isAlone?: boolean;
}

/** Where the images of one Remote go. */
export interface ImageDestination {
  readonly namespace: string;
  readonly remote: string;
  /** `host[:port][/path]`. */
  readonly registryUrl: string;
  readonly credentials?: RegistryCredentials;
}

/** What will be built, known before anything is: the checks of a push are the making of its plan. */
export interface PlannedImage {
  readonly target: ImageTarget;
  /** `deployment/container` or `task unit`, for people. */
  readonly label: string;
  /** Repository without tag: `host/path/<ns>-<remote>-<ns>.<deployment>-<container>`. */
  readonly repository: string;
  /** Hex SHA-256 over everything that decides the image. */
  readonly buildKey: string;
  /** As the engine gets them; none of an image that is not built. */
  readonly buildArgs: Readonly<Record<string, string>>;
  /** The digest of an image with the same build key that the registry already has. */
  readonly existingDigest?: string;
  /** Files of Git LFS that it is built of; unset: none. */
  readonly lfs?: readonly LfsFile[];
  /** Submodules that it is built of; unset: none, or their folders stay empty. */
  readonly submodules?: readonly Required<Submodule>[];
  /** The image with the same build key that another Remote has released: it is copied, and nothing is built. */
  readonly promoted?: PromotedImage;
}

/** An image of a release of another Remote. */
export interface PromotedImage {
  /** `repository@sha256:…` */
  readonly reference: string;
  /** For people: `shop/staging releases/31`. */
  readonly from: string;
  /** Of the registry that has it. */
  readonly credentials?: RegistryCredentials;
}

export interface BuiltImage extends PlannedImage {
  /** `repository@sha256:…`: what is deployed. */
  readonly reference: string;
  readonly digest: string;
  /** False: an image with the same build key was there. */
  readonly built: boolean;
  readonly buildMs: number;
  readonly pushMs: number;
}
