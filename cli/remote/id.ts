import type { Command } from 'commander';
import { GitkubeError } from '../../base/errors.ts';
import type { KubeAdmin } from '../../kube/index.ts';
import { idOfEnvironment } from '../../remote-crd/index.ts';
import { type GlobalFlags, namespaceOf } from '../context.ts';

export interface RemoteId {
  readonly namespace: string;
  readonly name: string;
}

export const remoteArgument = 'the Remote, [namespace/]name';
export const environmentArgument = 'the Remote, [namespace/]name, or an environment of it, namespace/name/environment';

/** The Remote that an argument names. @throws UsageInvalid */
export function remoteId(command: Command, admin: KubeAdmin, text: string): RemoteId {
  const id = readRemoteId(text, namespaceOf(command, admin), text);
  const { namespace } = command.optsWithGlobals<GlobalFlags>();
  if (namespace === undefined || namespace === id.namespace) return id;
  throw new GitkubeError('UsageInvalid', `${text} is in namespace ${id.namespace}, but -n says ${namespace}`);
}

/**
 * The Remote, or the environment of one, that an argument names.
 * @returns its id
 * @throws UsageInvalid
 */
export function environmentId(command: Command, admin: KubeAdmin, text: string): string {
  const [namespace, name, environment, ...more] = text.split('/');
  const isWhole = !namespace || !name || !environment || more.length > 0;
  const remote = remoteId(command, admin, isWhole ? text : `${namespace}/${name}`);
  return idOfEnvironment(isWhole ? remote : { ...remote, environment });
}

/**
 * `namespace/name`, as everything that is printed calls a Remote, or its name alone.
 * @param shown what the person typed
 * @throws UsageInvalid
 */
export function readRemoteId(text: string, fallback: string, shown: string): RemoteId {
  const parts = text.split('/');
  const [name = '', namespace = fallback, ...more] = parts.toReversed();
  if (parts.length === 3 && parts.every((part) => part !== '')) {
    throw new GitkubeError('UsageInvalid', `${shown} is an environment, and the command is about a whole Remote`, {
      hint: `leave out the environment: ${parts.slice(0, 2).join('/')}`,
    });
  }
  if (name === '' || namespace === '' || more.length > 0) {
    throw new GitkubeError('UsageInvalid', `${shown} is not [namespace/]name`);
  }
  return { namespace, name };
}
