import { type Applier, imagesOf, type RenderedManifests, withImages } from '../../applier/index.ts';
import { plain } from '../../base/text.ts';
import type { WorkloadChange } from '../../deployer/index.ts';
import type { AnyObject, Kube, Workload } from '../../kube/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { sharedWith } from '../deploys/shared-workloads.ts';
import { releaseChanges } from '../drift/compare.ts';
import type { Release } from '../git/release.ts';
import type { Repository } from '../git/repository.ts';
import { explainIn, type Judging, liveChanges } from './live-changes.ts';
import { diffObjects, type FieldChange, type ObjectDiff, stateOf } from './object-diff.ts';
import { releaseManifests } from './release-manifests.ts';
import { secretValues } from './secret-values.ts';

export interface LiveDiffParts {
  readonly kube: Pick<Kube, 'getSecret' | 'getWorkload'>;
  readonly applier: Pick<Applier, 'compare' | 'prepare' | 'render'>;
}

export interface LiveDiffRequest {
  readonly remote: Remote;
  /** All that there are. */
  readonly remotes: readonly Remote[];
  readonly repository: Repository;
  /** The last one. */
  readonly release: Release;
  readonly signal: AbortSignal;
}

/** What runs, beside the last release. */
export interface LiveObjects {
  readonly objects: readonly ObjectDiff[];
  /** What of its manifests this cluster does not take, one line each. */
  readonly problems: readonly string[];
}

/** Each object that the release deploys, beside the one in the cluster. */
export async function diffLive(parts: LiveDiffParts, request: LiveDiffRequest): Promise<LiveObjects> {
  const { applier, kube } = parts;
  const { remote, repository, release, signal } = request;
  const judging = judgingOf(request, await secretValues(kube, remote));
  const rendered = await releaseManifests(applier, remote, repository, release, signal);
  const changes = releaseChanges(remote, release).filter(({ target }) => !rendered || !isAmong(rendered, target));
  const [objects, workloads] = await Promise.all([
    rendered ? applier.compare(rendered, (one) => liveChanges(one, judging), signal) : [],
    Promise.all(changes.map((change) => diffWorkload(parts, remote.namespace, change, judging))),
  ]);
  const problems = (rendered?.refused ?? []).map(({ message }) => plain(message, 500));
  return { objects: [...workloads, ...objects], problems };
}

function judgingOf({ remote, remotes }: LiveDiffRequest, secrets: readonly string[]): Judging {
  const others = sharedWith(remote, remotes);
  const isNamed = (kind: string, name: string) =>
    remote.deployments.find((target) => target.kind === kind && target.name === name);
  return {
    secrets,
    isOurs: ({ kind, metadata }, container) =>
      isNamed(kind, metadata.name)?.containers.some(({ name }) => name === container) ?? false,
    otherOf: ({ kind, metadata }, container) =>
      others({ kind: kind as Workload['kind'], name: metadata.name }, container),
  };
}

function isAmong({ objects }: RenderedManifests, { kind, name }: WorkloadChange['target']): boolean {
  return objects.some((object) => object.kind === kind && object.metadata.name === name);
}

/** Of a workload that is not of the manifests, a deploy sets images only. */
async function diffWorkload(
  { kube }: LiveDiffParts,
  namespace: string,
  { target: { kind, name }, images }: WorkloadChange,
  judging: Judging,
): Promise<ObjectDiff> {
  const found = await kube.getWorkload(kind, namespace, name);
  if (!found) return stateOf({ kind, name, namespace }, 'missing');
  const live = asObject(found);
  const there = imagesOf(live);
  const diff = diffObjects(withImages(live, images), live, judging.secrets, explainIn(live, judging));
  const gone = Object.entries(images).filter(([container]) => !Object.hasOwn(there, container));
  if (gone.length === 0) return diff;
  return { ...diff, state: 'changed', changes: [...diff.changes, ...gone.map(goneContainer)] };
}

function goneContainer([container, image]: [string, string]): FieldChange {
  return { path: `container ${container}`, from: image };
}

/** The typed answer as JSON: times as text. */
function asObject(workload: Workload): AnyObject {
  return JSON.parse(JSON.stringify(workload)) as AnyObject;
}
