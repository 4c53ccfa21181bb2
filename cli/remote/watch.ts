import { once } from 'node:events';
import type { KubeAdmin, RemoteObject } from '../../kube/index.ts';
import { remotesPath } from '../../kube/remote-admin.ts';
import type { CliContext } from '../context.ts';
import type { TableFormat } from '../flags.ts';
import { asJson, asYaml } from '../print.ts';
import { tableOf, withoutBookkeeping } from './list.ts';
import { environmentRows } from './status.ts';

export interface Watched {
  readonly namespace: string | undefined;
  readonly labelSelector: string | undefined;
  readonly output: TableFormat | undefined;
  readonly withNamespace: boolean;
}

/** Prints all Remotes, then each that changes, as `kubectl get --watch` does. Ends by Ctrl-C. */
export async function watchRemotes(
  { io, clock }: CliContext,
  admin: KubeAdmin,
  { namespace, labelSelector, output, withNamespace }: Watched,
): Promise<never> {
  // Its errors are those of a list; a watch tries again for ever.
  const first = await admin.listRemotes(namespace, labelSelector);
  const known = new Map(first.map((remote) => [idOf(remote), remote]));
  const how = { wide: output === 'wide', withNamespace };
  // As wide as they are in the table of all.
  const rowsOf = (remote: RemoteObject) => {
    const all = [...known.values()];
    const before = all.slice(
      0,
      all.findIndex((one) => idOf(one) === idOf(remote)),
    );
    const from = before.reduce((sum, one) => sum + rowsIn(one), 1);
    return tableOf(all, clock.now(), how).slice(from, from + rowsIn(remote));
  };
  const print = (remote: RemoteObject) => {
    if (output === 'json' || output === 'yaml') {
      io.out(output === 'json' ? asJson(withoutBookkeeping(remote)) : `---\n${asYaml(withoutBookkeeping(remote))}`);
    } else if (output === 'name') io.out(`remote.gitkube.sh/${remote.metadata.name}`);
    else for (const line of rowsOf(known.get(idOf(remote)) ?? remote)) io.out(line);
  };
  if (output === undefined || output === 'wide')
    for (const line of tableOf([...known.values()], clock.now(), how).slice(0, 1)) io.out(line);
  for (const remote of first) print(remote);
  const upsert = (remote: RemoteObject) => {
    const before = known.get(idOf(remote));
    known.set(idOf(remote), remote);
    if (before?.metadata.resourceVersion !== remote.metadata.resourceVersion) print(remote);
  };
  const remove = (remote: RemoteObject) => {
    print(remote);
    known.delete(idOf(remote));
  };
  const signal = io.interrupted();
  const collection = { path: remotesPath(namespace), ...(labelSelector === undefined ? {} : { labelSelector }) };
  await using _watch = admin.watch<RemoteObject>(collection, { upsert, remove }, signal);
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}

/** Its own, and those of its environments. */
function rowsIn(remote: RemoteObject): number {
  return 1 + environmentRows(remote).length;
}

function idOf({ metadata: { namespace, name } }: RemoteObject): string {
  return `${namespace}/${name}`;
}
