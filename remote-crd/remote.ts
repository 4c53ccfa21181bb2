/** A Remote as the rest of Gitkube sees it: checked, defaults filled in, the various forms of old YAML made one form. */

import type { WorkloadKind } from '../kube/kube.ts';
import type { RemoteLock } from './lock.ts';

export interface Remote {
  readonly namespace: string;
  readonly name: string;
  /** Of `spec.environments`; empty: the one that each Remote has, whose fields are those of its spec. */
  readonly environment: string;
  /**
   * `namespace/name`, with `/environment` where that has a name: what commands call it, and the identity in the log, the status
   * and Events. Never joined with `-`, which is ambiguous.
   */
  readonly id: string;
  /** Of the resource, so the same for all of its environments. */
  readonly uid: string;
  readonly generation: number;
  /** The keys that may push, without those that are no usable key. */
  readonly keys: readonly AuthorizedKey[];
  /** Entries of authorizedKeys that are not usable, for the status. */
  readonly keyProblems: readonly KeyProblem[];
  /** What some of the keys may do; a key that no rule is about may do everything. Unset: none is. */
  readonly access?: readonly AccessRule[];
  /** Who may do what by a token that somebody else has made; unset: nobody. */
  readonly trust?: readonly TrustRule[];
  /** The deploy branch, without `refs/heads/`; unset: `main` or `master`, whichever is pushed first. */
  readonly branch?: string;
  readonly registry?: RegistrySpec;
  readonly deployments: readonly DeploymentTarget[];
  /** What of the repository is applied with each push; unset: nothing. */
  readonly manifests?: ManifestsSpec;
  /** What its workloads take their settings from, and keys may change; unset: nothing. */
  readonly env?: EnvSpec;
  /** What has to succeed for a deploy to: tests, migrations, checks. */
  readonly tasks: readonly Task[];
  /** Where the content of files of Git LFS is; unset: nowhere. */
  readonly lfs?: LfsSpec;
  /** Whose releases it runs without a build, and whether it runs nothing else; unset: nobody's. */
  readonly promotion?: PromotionSpec;
  /** Ids of Remotes of other namespaces, or of environments of them, that may promote its releases. */
  readonly promoteTo?: readonly string[];
  /** Whether drift is repaired, not only reported. */
  readonly reconcile: boolean;
  readonly rolloutTimeoutSeconds: number;
  /** How long the pods of a release are watched after it; 0: not at all. */
  readonly watchSeconds: number;
  /** Whether a push warns of what workloads lack. */
  readonly warns: boolean;
  /** Unset: it deploys. */
  readonly lock?: RemoteLock;
  /** What keeps this Remote from deploying although the API server accepted it; a push is refused with the first of them. */
  readonly problems: readonly string[];
  /** What has no effect in the Remote; it still deploys. */
  readonly warnings: readonly string[];
  /** Those that have a name, each as a Remote that shares its repository with this one; of one of them: none. */
  readonly environments: readonly Remote[];
  /** It has nothing but its environments: none of its branches deploys by its own fields. */
  readonly isOnlyEnvironments?: true;
}

export interface LfsSpec {
  readonly url: string;
  /** The Secret (basic-auth) in the Remote's namespace; unset: none. */
  readonly secretName?: string;
}

export interface PromotionSpec {
  /** Ids of Remotes and environments; the first that has released a commit counts. */
  readonly from: readonly string[];
  readonly isRequired: boolean;
}

export interface RegistrySpec {
  /** Host, optional port and optional path, without a scheme: `docker.io/user`, `172.17.0.1:5000`. */
  readonly url: string;
  /** The Secret (dockerconfigjson or dockercfg) in the Remote's namespace; unset: none. */
  readonly secretName?: string;
}

export type { WorkloadKind };

export interface DeploymentTarget {
  readonly kind: WorkloadKind;
  /** Unique across the kinds: it is part of the image name. */
  readonly name: string;
  readonly containers: readonly ContainerTarget[];
}

export interface ContainerTarget {
  /** A container or init container of the pod template. */
  readonly name: string;
  /** The build context, relative to the repository root, normalized: `.` or `a/b`. */
  readonly path: string;
  /** The Dockerfile, relative to the repository root, normalized. */
  readonly dockerfile: string;
  readonly buildArgs: readonly { readonly name: string; readonly value: string }[];
  readonly target?: string;
  /** What a RUN may read; unset: nothing. */
  readonly secrets?: readonly BuildSecret[];
}

/** A key of a Secret in the namespace of the Remote, under the id that the Dockerfile has for it. */
export interface BuildSecret {
  readonly name: string;
  readonly secret: string;
  readonly key: string;
}

export interface ManifestsSpec {
  /** A folder, relative to the repository root, normalized. */
  readonly path: string;
  /** In the Remote's namespace; what is applied is applied as this account. */
  readonly serviceAccountName: string;
  readonly prune: boolean;
  readonly helm: HelmSpec;
}

/** In the Remote's namespace. */
export interface EnvSpec {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
}

/** `Test`: before anything is changed. `Migrate`: before the first workload is. `Verify`: when all of them run. */
export type TaskStage = (typeof taskStages)[number];
export const taskStages = ['Test', 'Migrate', 'Verify'] as const;

/** A Job of a deploy. */
export interface Task {
  readonly name: string;
  readonly stage: TaskStage;
  /** Whose image and surroundings it has: a container that this Remote builds; unset: it has `build`. */
  readonly from?: TaskFrom;
  /** Of a test: an image of its own, that no workload runs, under the name of the task; unset: it has `from`. */
  readonly build?: ContainerTarget;
  readonly command: readonly string[];
  /** Of a migration: takes back what it has done; unset: nothing is taken back. */
  readonly undo?: readonly string[];
  readonly timeoutSeconds: number;
  /** How many times it is run again after a failure. */
  readonly retries: number;
  /** Files and folders, relative to the repository root, normalized; empty: it always runs. */
  readonly onlyIfChanged: readonly string[];
  /** Whether it runs when a release runs again. */
  readonly onRollback: boolean;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly inherit: {
    /** Whether it has the env of the container. */
    readonly env: boolean;
    /** Volumes that it mounts as the container does although no other pod may have them; unset: nobody has thought of them. */
    readonly volumes?: readonly string[];
    /** Init containers with restartPolicy Always that run beside it. */
    readonly sidecars: readonly string[];
  };
  /** Unset: those of the container. */
  readonly resources?: TaskResources;
}

export interface TaskFrom {
  readonly kind: WorkloadKind;
  readonly deployment: string;
  readonly container: string;
}

export interface TaskResources {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

export interface HelmSpec {
  readonly release: string;
  /** Each as in `helm --set name=value`. */
  readonly values: readonly { readonly name: string; readonly value: string }[];
  readonly valuesFrom: readonly HelmValuesFrom[];
}

/** A YAML document in a Secret of the Remote's namespace. */
export interface HelmValuesFrom {
  readonly secretName: string;
  readonly key: string;
  readonly optional: boolean;
}

/** `read`: fetch and inspect. `deploy`: change which version runs. `operate`: what runs, without another version. */
export type Right = (typeof rights)[number];
export const rights = ['read', 'deploy', 'operate'] as const;

/** What some keys may do, and no more. Each of `deploy` and `operate` has `read` in it. */
export interface AccessRule {
  /** Fingerprints; `others`: each key that no other rule is about. */
  readonly keys: readonly string[] | 'others';
  readonly rights: readonly Right[];
  /** Of `deploy` and `operate`: names, or patterns with `*` for any characters; unset: all branches. */
  readonly branches?: readonly string[];
}

/** Who is trusted by a token of an issuer, or as a ServiceAccount; and with what, on which branches (unset: all). */
export type TrustRule = IssuerTrust | ServiceAccountTrust;

interface Trusted extends Pick<AccessRule, 'rights' | 'branches'> {
  /** Of the entry. */
  readonly name: string;
}

export interface IssuerTrust extends Trusted {
  /** The claim `iss`. */
  readonly issuer: string;
  /** One of the claim `aud`. */
  readonly audience: string;
  /** Values that claims have to have; a `*` at the end stands for any characters. */
  readonly claims: Readonly<Record<string, string>>;
}

export interface ServiceAccountTrust extends Trusted {
  /** `namespace/name` */
  readonly serviceAccount: string;
}

export interface AuthorizedKey {
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`, … */
  readonly type: string;
  /** The public key in SSH wire format (RFC 4253, section 6.6). */
  readonly blob: Buffer;
  /** `SHA256:…`, base64 without padding, as `ssh-keygen -lf` prints it. */
  readonly fingerprint: string;
  /** The rest of the line, made plain; empty when there is none. */
  readonly comment: string;
  /** What stands before it in its line, as it is written; unset: nothing. */
  readonly options?: string;
  /** Of each line that has it, of which one has to fit; unset: it is not limited. */
  readonly limits?: readonly KeyLimits[];
}

/** What the options before a key limit it to (sshd(8)). */
export interface KeyLimits {
  /** Milliseconds since 1970: it is not taken after that. */
  readonly expiresAt?: number;
  /** The addresses that it is taken from: an `AddressList`. */
  readonly from?: string;
  /** Of a key on a security token: unset, somebody has to touch it for each login. */
  readonly needsTouch?: boolean;
  /** Of a key on a security token: its PIN, or what counts as that, is needed for each login. */
  readonly needsPin?: boolean;
}

export interface KeyProblem {
  /** Where it is, its type, how long it is: `entry 2 (ssh-rsa, 372 characters)`. None of its text, which may be a secret. */
  readonly line: string;
  readonly problem: string;
}
