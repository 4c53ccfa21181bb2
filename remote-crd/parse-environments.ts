import type { Shared, TargetSpec } from './parse-target.ts';
import { readTarget } from './parse-target.ts';
import type { Remote } from './remote.ts';
import type { RemoteSpec } from './schema.ts';

type EnvironmentSpec = NonNullable<RemoteSpec['environments']>[number];

/** Of a Remote that names none, as long as neither was released. */
export const defaultBranches: readonly string[] = ['main', 'master'];

/**
 * The environments of a Remote that have a name. A branch, and a workload, is of one environment alone: what two of them want is
 * left to the first, and is a problem of the other.
 * @param own what the Remote's own fields deploy
 */
export function readEnvironments(shared: Shared, spec: RemoteSpec, own: Remote): readonly Remote[] {
  const isEmpty = own.deployments.length === 0 && !own.manifests;
  const taken = new Map<string, string>();
  const take = (what: string, who: string) => {
    const owner = taken.get(what);
    if (owner === undefined) taken.set(what, who);
    return owner;
  };
  if (!isEmpty)
    for (const branch of own.branch === undefined ? defaultBranches : [own.branch])
      take(`branch ${branch}`, shared.fields.name);
  for (const what of workloadsOf(own)) take(what, shared.fields.name);
  const images = new Map(imagesOf(own));
  return (spec.environments ?? []).map((entry, index) => {
    const remote = readTarget(shared, withDefaults(entry, spec), entry.name);
    const conflicts = [`branch ${entry.branch}`, ...workloadsOf(remote)].flatMap((what) => {
      const owner = take(what, entry.name);
      return owner === undefined ? [] : [`spec names ${what}, which is of ${owner}`];
    });
    if (conflicts.length === 0) conflicts.push(...imageConflicts(remote, images));
    for (const [image, label] of imagesOf(remote)) images.set(image, label);
    const place = `spec.environments[${index}]`;
    const inPlace = (text: string) => text.replaceAll(/\bspec(?=[. ])/g, place);
    const isOwn = (text: string) => !shared.problems.includes(text) && !shared.warnings.includes(text);
    if (isEmpty && remote.promotion?.from.includes(own.id)) {
      conflicts.push(`spec.promoteFrom names ${own.id}, which deploys nothing but its environments`);
    }
    return {
      ...remote,
      problems: [...[...conflicts, ...remote.problems.filter(isOwn)].map(inPlace), ...shared.problems],
      warnings: remote.warnings.filter(isOwn).map(inPlace),
    };
  });
}

function withDefaults(entry: EnvironmentSpec, spec: RemoteSpec): TargetSpec {
  return {
    ...entry,
    rollout: { ...spec.rollout, ...withoutNulls(entry.rollout ?? {}) },
    reconcile: entry.reconcile ?? spec.reconcile,
  };
}

function withoutNulls<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  ) as Partial<T>;
}

/** By their names: two that are built from one commit must not have the same. */
function imagesOf({ deployments }: Remote): [name: string, label: string][] {
  return deployments.flatMap(({ name, containers }) =>
    containers.map((container): [string, string] => [`${name}-${container.name}`, `${name}/${container.name}`]),
  );
}

function imageConflicts(remote: Remote, taken: ReadonlyMap<string, string>): string[] {
  return imagesOf(remote).flatMap(([image, label]) => {
    const other = taken.get(image);
    return other === undefined ? [] : [`the images of ${other} and ${label} would have the same name`];
  });
}

/** Names are unique across the kinds. */
function workloadsOf({ deployments }: Remote): string[] {
  return [...new Set(deployments.map(({ name }) => `workload ${name}`))];
}
