import { GitkubeError } from '../../base/errors.ts';
import type { ConfigRef } from '../../kube/kube.ts';
import type { EnvSpec, Remote } from '../../remote-crd/index.ts';
import type { Release, ReleaseRecord } from '../git/release.ts';

/** The Secret or the ConfigMap that `spec.env` names. */
export function refOfEnv(namespace: string, { kind, name }: EnvSpec): ConfigRef {
  return { kind, namespace, name };
}

/** What a release says of this object; undefined: it ran with another one, or none was recorded. */
export function recordedEnv({ record }: Release, { kind, name }: ConfigRef): ReleaseRecord['env'] {
  return record.env?.kind === kind && record.env.name === name ? record.env : undefined;
}

export function envIsOff(): GitkubeError {
  return new GitkubeError('EnvUnusable', 'env is off: this server may not change Secrets and ConfigMaps', {
    hint: 'ask the operator of the server: helm upgrade … --set env.enabled=true',
  });
}

export function envIsMissing({ kind, namespace, name }: ConfigRef): GitkubeError {
  const create = kind === 'Secret' ? `secret generic ${name}` : `configmap ${name}`;
  return new GitkubeError('EnvUnusable', `${kind} ${name} does not exist in namespace ${namespace}`, {
    hint: `kubectl -n ${namespace} create ${create}`,
  });
}

export function envNotSet({ id, namespace, name }: Pick<Remote, 'id' | 'namespace' | 'name'>): GitkubeError {
  return new GitkubeError('EnvUnusable', `${id} names no Secret or ConfigMap for its env`, {
    hint: `set spec.env.secret: kubectl -n ${namespace} edit remote ${name}`,
  });
}
