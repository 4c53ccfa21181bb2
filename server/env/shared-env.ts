import { GitkubeError } from '../../base/errors.ts';
import type { ConfigRef } from '../../kube/kube.ts';
import type { Remote } from '../../remote-crd/index.ts';

/**
 * Another Remote that names the same Secret or ConfigMap: a change or a rollback of one would be one of the other, which restarts
 * nothing there and is in no release of it.
 * @param remotes all that there are
 */
export function envSharedWith(remote: Remote, remotes: readonly Remote[]): string | undefined {
  const { id, namespace, env } = remote;
  const isSame = (other: Remote) => other.env?.kind === env?.kind && other.env?.name === env?.name;
  return env && remotes.find((other) => other.id !== id && other.namespace === namespace && isSame(other))?.id;
}

export function envIsShared({ kind, namespace, name }: ConfigRef, rival: string): GitkubeError {
  const create = kind === 'Secret' ? 'secret generic' : 'configmap';
  const message = `${kind} ${name} is the env of ${rival}, too: a change would reach its pods`;
  return new GitkubeError('EnvUnusable', message, {
    hint: `name another one in spec.env of one of both: kubectl -n ${namespace} create ${create} <name>`,
  });
}
