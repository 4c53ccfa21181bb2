import { editCommand } from '../../base/edit-remote.ts';
import { GitkubeError } from '../../base/errors.ts';
import { askToTurnOn } from '../../base/server-hints.ts';
import type { ConfigRef } from '../../kube/kube.ts';
import type { EnvSpec, Remote } from '../../remote-crd/index.ts';
import type { Release, ReleaseRecord } from '../git/release.ts';

/** The Secret or the ConfigMap that `spec.env` names. */
export function refOfEnv(namespace: string, { kind, name }: EnvSpec): ConfigRef {
  return { kind, namespace, name };
}

/** What a release says of this object; undefined: it ran with another one, or none was recorded. */
export function recordedEnv(
  { record }: Release,
  { kind, name }: Pick<ConfigRef, 'kind' | 'name'>,
): ReleaseRecord['env'] {
  return record.env?.kind === kind && record.env.name === name ? record.env : undefined;
}

/**
 * The snapshot of what this object was while a release ran: its own, or else what the next one that records it has found.
 * @param releases newest first, those after it among them. @returns undefined: none is known
 */
export function snapshotOf(release: Release, releases: readonly Release[], ref: ConfigRef): string | undefined {
  if (release.record.env) return recordedEnv(release, ref)?.snapshot;
  const later = releases.filter(({ number }) => number > release.number);
  const next = later.map((one) => recordedEnv(one, ref)).findLast((one) => one !== undefined);
  return next?.before ?? next?.snapshot;
}

export function envIsOff(): GitkubeError {
  return new GitkubeError('EnvUnusable', 'env is off: this server may not change Secrets and ConfigMaps', {
    hint: askToTurnOn('env'),
  });
}

export function envIsMissing({ kind, namespace, name }: ConfigRef): GitkubeError {
  const create = kind === 'Secret' ? `secret generic ${name}` : `configmap ${name}`;
  return new GitkubeError('EnvUnusable', `${kind} ${name} does not exist in namespace ${namespace}`, {
    hint: `kubectl -n ${namespace} create ${create}`,
  });
}

/** Objects that are no settings of an app: to change them breaks something else. */
export function envIsForeign({ kind, namespace, name }: ConfigRef, why: string): GitkubeError {
  const create = `kubectl -n ${namespace} create secret generic <name>`;
  return new GitkubeError('EnvUnusable', `${kind} ${name} cannot be the env of a Remote: ${why}`, {
    hint: `name another one in spec.env: ${create}`,
  });
}

export function envNotSet(remote: Pick<Remote, 'id' | 'namespace' | 'name'>): GitkubeError {
  return new GitkubeError('EnvUnusable', `${remote.id} names no Secret or ConfigMap for its env`, {
    hint: `set spec.env.secret: ${editCommand(remote)}`,
  });
}
