import { rm } from 'node:fs/promises';
import { Semaphore } from '../base/semaphore.ts';
import { type AnyObject, type ObjectRef, refOf } from '../kube/index.ts';
import type { KubeDeps } from '../kube/retrying-kube.ts';
import type { ManifestsSpec, Remote } from '../remote-crd/remote.ts';
import { type AppliedObject, applyAll, summary, takeSnapshots } from './apply/apply.ts';
import { type CheckedObject, check } from './apply/check.ts';
import { type ComparedObject, compareLive } from './apply/compare.ts';
import { findSurplus, prune } from './apply/prune.ts';
import { restoreObjects } from './apply/restore.ts';
import { type PlacedObjects, placeObjects } from './objects/namespace-objects.ts';
import { nameOf, names } from './objects/objects.ts';
import { ownerOf, refuseForeign } from './objects/ownership.ts';
import { type RenderTools, render } from './render/render.ts';
import type {
  Describe,
  ImagesByWorkload,
  InventoryEntry,
  ManifestSource,
  ManifestsJournal,
  ManifestsKind,
  RemoteName,
  Say,
} from './types.ts';
import { type AwaitRequest, awaitObjects } from './wait/await-objects.ts';
import { addressLines, unreadyLines } from './wait/unready.ts';
import { readConfigs } from './wanted/config-changes.ts';
import { findPlaceholders, type Placeholders, sayFilled } from './wanted/placeholders.ts';
import { checkContainers, sameAs, wantedObject } from './wanted/wanted.ts';

export interface ApplierOptions extends KubeDeps {
  readonly tools: RenderTools;
  /** Holds the files of pushes under way, and nothing else. */
  readonly scratch: string;
}

export interface RenderRequest {
  readonly remote: Remote;
  readonly spec: ManifestsSpec;
  readonly source: ManifestSource;
  /** What the images are called; those to be built have no digest yet. */
  readonly images: ImagesByWorkload;
  /** Of the releases before, the newest first. */
  readonly inventories: readonly (readonly InventoryEntry[])[];
  /** Of the release that these manifests are, or will be. */
  readonly number: number;
  readonly signal: AbortSignal;
  readonly say: Say;
}

export interface PrepareRequest extends RenderRequest {
  /** All Remotes that there are now: an object of another one is refused. */
  readonly remotes: () => readonly RemoteName[];
  /** Unset: nobody asks what would change of each object. */
  readonly describe?: Describe | undefined;
}

/** The manifests of a commit, in their namespace; nobody has looked at the cluster. */
export interface RenderedManifests extends PlacedObjects {
  readonly remote: Remote;
  readonly as: string;
  readonly kind: ManifestsKind;
  readonly images: ImagesByWorkload;
  readonly placeholders: Placeholders;
}

/** The manifests of a commit: rendered and checked, nothing changed. */
export interface PreparedManifests {
  readonly remote: Remote;
  readonly remotes: () => readonly RemoteName[];
  readonly as: string;
  readonly kind: ManifestsKind;
  /** With the images that the repository has. */
  readonly objects: readonly AnyObject[];
  readonly placeholders: Placeholders;
  readonly checked: readonly CheckedObject[];
  /** What will be deleted once this is released. */
  readonly surplus: readonly ObjectRef[];
  readonly last: readonly InventoryEntry[];
}

export interface ApplyRequest {
  /** By digest. */
  readonly images: ImagesByWorkload;
  /** Awaited before anything is changed. */
  readonly beforeApply: (journal: ManifestsJournal) => Promise<void>;
  readonly signal: AbortSignal;
  readonly say: Say;
}

/** Applies the manifests of a commit as the account that the Remote names, all of them or none. */
export class Applier {
  readonly #options: ApplierOptions;
  /** Each may take what run-tool.ts and parse.ts let it. */
  readonly #renders = new Semaphore(2);

  constructor(options: ApplierOptions) {
    this.#options = options;
  }

  /** Removes what a server that was killed has left. */
  async clean(): Promise<void> {
    await rm(this.#options.scratch, { recursive: true, force: true });
  }

  /**
   * Renders the manifests and tries them out against the API server.
   * @throws ManifestsInvalid, ManifestsToolFailed, ManifestsRefused, ContainerNotFound
   */
  async prepare(request: PrepareRequest): Promise<PreparedManifests> {
    const { remote, remotes, spec, images, signal, say } = request;
    const rendered = await this.render(request);
    const { as, kind, objects, placeholders, originOf, refused } = rendered;
    const [last = []] = request.inventories;
    sayFilled(objects, placeholders, remote.deployments, say);
    const configs = await readConfigs(this.#options, objects, as);
    const toObject = wantedObject({ remote, placeholders, last }, images, configs, say);
    const checked = await check(this.#options, objects, { remote, remotes }, toObject, {
      as,
      signal,
      say,
      isSame: sameAs(last),
      originOf,
      refused,
      describe: request.describe,
    });
    const surplus = spec.prune
      ? await findSurplus(this.#options, objects.map(refOf), request.inventories, remote.deployments, {
          as,
          remote,
          say,
        })
      : [];
    return { remote, remotes, as, kind, objects, placeholders, checked, surplus, last };
  }

  /**
   * Renders the manifests. They say what lies in the repository; only the charts among them may look at the cluster.
   * @throws ManifestsInvalid, ManifestsToolFailed, ContainerNotFound
   */
  async render(request: RenderRequest): Promise<RenderedManifests> {
    const { kube, tools, scratch } = this.#options;
    const { remote, spec, source, images, signal, say } = request;
    const done = await this.#renders.acquire(signal, remote.namespace);
    const as = `system:serviceaccount:${remote.namespace}:${spec.serviceAccountName}`;
    const release = { isUpgrade: request.inventories.some(({ length }) => length > 0), revision: request.number };
    const rendering = render({ kube, tools, remote, spec, source, scratch, as, release, signal, say });
    const { kind, manifests } = await rendering.finally(done);
    const placed = await placeObjects(kube, manifests, remote);
    checkContainers(remote, placed.objects);
    const placeholders = findPlaceholders(placed.objects, remote.deployments, images);
    return { ...placed, remote, as, kind, images, placeholders };
  }

  /**
   * What each object is now, beside what it would be if these manifests were applied; nothing is changed. What others have
   * a say in is as the manifest has it, and what pods were started with is left out.
   * @param read is given each of them; the objects themselves are not kept in memory
   */
  async compare<T>(
    rendered: RenderedManifests,
    read: (one: ComparedObject) => T,
    signal: AbortSignal,
  ): Promise<readonly T[]> {
    return compareLive(this.#options, asManifested(rendered), read, { as: rendered.as, signal });
  }

  /** Applies all objects with these images in them. When it throws, what was applied has to be restored. */
  async apply(prepared: PreparedManifests, request: ApplyRequest): Promise<AppliedObject[]> {
    const { remote, remotes, as, objects, surplus } = prepared;
    const { images, signal, say } = request;
    const snapshots = await takeSnapshots(this.#options, objects, as, signal);
    // Two first pushes at once make the same object: the one that comes second sees it here only.
    for (const { before } of snapshots) refuseForeign(before ?? undefined, { remote, remotes });
    const isOurs = (live: AnyObject) => ownerOf(live, { remote, remotes }).kind === 'this';
    const { namespace, name, environment } = remote;
    const named = { namespace, name, ...(environment !== '' && { environment }) };
    await request.beforeApply({ as, remote: named, snapshots, prune: surplus });
    const toObject = wantedObject(prepared, images, await readConfigs(this.#options, objects, as), () => {});
    const wanted = objects.map((object, index) => toObject(object, snapshots[index]?.before ?? undefined));
    const applied = await applyAll(this.#options, wanted, snapshots, { as, signal, say, isOurs });
    say(summary(applied, { create: 'created', change: 'changed', keep: 'none changed' }));
    return applied;
  }

  /**
   * Waits until what was applied works, and names what nobody can judge.
   * @throws JobFailed, ObjectFailed, WorkloadChanged, RolloutTimeout
   */
  async waitUntilReady(
    { as, remote }: PreparedManifests,
    applied: readonly AppliedObject[],
    options: Omit<AwaitRequest, 'as' | 'remote'>,
  ): Promise<void> {
    const unjudged = await awaitObjects(this.#options, applied, { ...options, as, remote });
    if (unjudged.length > 0) {
      options.say(`manifests: not judged, because nothing in their status says whether they work: ${names(unjudged)}`);
    }
    for (const line of addressLines(applied)) options.say(line);
  }

  /** What of the manifests does not work now, one line each. Never rejects: it is evidence. */
  async unready(
    { as }: PreparedManifests,
    applied: readonly AppliedObject[],
    except: (ref: ObjectRef) => boolean,
  ): Promise<string[]> {
    const others = applied.filter(({ ref }) => !except(ref));
    return unreadyLines(this.#options, others, as);
  }

  /**
   * @returns what had to be restored
   * @throws RollbackFailed
   */
  async restore(journal: ManifestsJournal, say: Say): Promise<ObjectRef[]> {
    return restoreObjects(this.#options, journal, say);
  }

  /** Deletes what the release that runs now no longer has. Never throws for an object that cannot be deleted. */
  async prune({ as, remote, prune: refs }: ManifestsJournal, say: Say): Promise<void> {
    await prune(this.#options, refs, { as, remote, say });
  }
}

/** The objects with their images, as no cluster has changed them. */
export function asManifested({ remote, objects, placeholders, images }: RenderedManifests): AnyObject[] {
  const toObject = wantedObject({ remote, placeholders, last: [] }, images, new Map(), () => {});
  return objects.map((object) => toObject(object, undefined));
}

/** What a push would do, object by object. */
export function dryRunLines({ checked, surplus }: PreparedManifests): string[] {
  const words = {
    create: 'would be created',
    change: 'would be changed',
    keep: 'is unchanged',
    replace: 'cannot be changed, would be deleted and created again',
    later: 'depends on another object in this push; cannot be dry-run',
  } as const;
  return [
    ...checked.flatMap(({ object, would, changes }) => [`${nameOf(refOf(object))}: ${words[would]}`, ...changes]),
    ...surplus.map((ref) => `${nameOf(ref)}: is no longer in the manifests, would be deleted`),
  ];
}

/** Whether a workload is one of these objects. */
export function holds({ objects }: PreparedManifests, kind: string, name: string): boolean {
  return objects.some((object) => object.kind === kind && object.metadata.name === name);
}
