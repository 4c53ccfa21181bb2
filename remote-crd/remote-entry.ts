import { asGitkubeError, GitkubeError } from '../base/errors.ts';
import type { KubeObject } from '../kube/kube.ts';
import type { Refusal } from './ownership.ts';
import { parseRemote } from './parse.ts';
import type { Remote } from './remote.ts';
import { idOfEnvironment } from './remote-id.ts';
import { namesIn, statusOf } from './status-environments.ts';

/** What the API server holds under one name, usable or not; or one environment of it. */
export interface RemoteEntry {
  /** As that of a `Remote`. */
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  /** Empty: the one that each Remote has. */
  readonly environment: string;
  readonly uid: string;
  readonly generation: number;
  readonly resourceVersion: string;
  readonly finalizers: readonly string[];
  /** It is being deleted, and gone once its finalizers are; it no longer counts as a Remote. */
  readonly deleting: boolean;
  /** Undefined when the object is no valid Remote, or none of ours; then `error` says why. */
  readonly remote: Remote | undefined;
  readonly error: GitkubeError | undefined;
  /** This server does not serve its namespace: nothing of it may be changed from here. */
  readonly elsewhere?: Elsewhere;
  /** The status as it was last seen, or the part about the environment: anything. */
  readonly status: unknown;
}

export interface Elsewhere extends Refusal {
  /** The Remote as this server would serve it; undefined when it is invalid. */
  readonly remote: Remote | undefined;
  readonly problem: GitkubeError | undefined;
}

/** An object that cannot be used is an entry as well, with the reason. */
export function readEntry(id: string, object: KubeObject): RemoteEntry {
  const { namespace = '', name = '', uid = '', generation = 0, resourceVersion = '' } = object.metadata ?? {};
  const { finalizers = [], deletionTimestamp } = object.metadata ?? {};
  const { status } = object as { status?: unknown };
  const deleting = deletionTimestamp !== undefined;
  const environment = '';
  const known = { id, namespace, name, environment, uid, generation, resourceVersion, finalizers, deleting, status };
  try {
    if (deleting) throw new GitkubeError('RemoteUnknown', 'the Remote is being deleted');
    return { ...known, remote: parseRemote(object), error: undefined };
  } catch (thrown) {
    return { ...known, remote: undefined, error: asGitkubeError(thrown) };
  }
}

/**
 * Its environments that have a name.
 * @param before the environments that were known of it: of a Remote that is invalid now they are there all the same, and so are
 * those of its status where it was invalid when the server began
 */
export function environmentsOf(entry: RemoteEntry, before: readonly RemoteEntry[] = []): RemoteEntry[] {
  const { remote, elsewhere } = entry;
  const known = remote ?? elsewhere?.remote;
  const names = known ? known.environments.map(({ environment }) => environment) : namesBefore(entry, before);
  return names.map((environment) => {
    const of = (whole: Remote | undefined) => whole?.environments.find((one) => one.environment === environment);
    return {
      ...entry,
      environment,
      id: idOfEnvironment({ ...entry, environment }),
      remote: of(remote),
      ...(elsewhere && { elsewhere: { ...elsewhere, remote: of(elsewhere.remote) } }),
      status: statusOf(entry.status, environment),
    };
  });
}

function namesBefore({ status }: RemoteEntry, before: readonly RemoteEntry[]): readonly string[] {
  return before.length > 0 ? before.map(({ environment }) => environment) : namesIn(status);
}

export function idOf(object: KubeObject): string {
  return `${object.metadata?.namespace ?? ''}/${object.metadata?.name ?? ''}`;
}
