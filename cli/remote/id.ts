import type { Command } from 'commander';
import { GitkubeError } from '../../base/errors.ts';
import type { KubeAdmin } from '../../kube/index.ts';
import { type GlobalFlags, namespaceOf } from '../context.ts';

export interface RemoteId {
  readonly namespace: string;
  readonly name: string;
}

export const remoteArgument = 'the Remote, [namespace/]name';

/** The Remote that an argument names. @throws UsageInvalid */
export function remoteId(command: Command, admin: KubeAdmin, text: string): RemoteId {
  const id = readRemoteId(text, namespaceOf(command, admin), text);
  const { namespace } = command.optsWithGlobals<GlobalFlags>();
  if (namespace === undefined || namespace === id.namespace) return id;
  throw new GitkubeError('UsageInvalid', `${text} is in namespace ${id.namespace}, but -n says ${namespace}`);
}

/**
 * `namespace/name`, as everything that is printed calls a Remote, or its name alone.
 * @param shown what the person typed
 * @throws UsageInvalid
 */
export function readRemoteId(text: string, fallback: string, shown: string): RemoteId {
  const [name = '', namespace = fallback, ...more] = text.split('/').toReversed();
  if (name === '' || namespace === '' || more.length > 0) {
    throw new GitkubeError('UsageInvalid', `${shown} is not [namespace/]name`);
  }
  return { namespace, name };
}
