import type { Command } from 'commander';
import { table } from '../../base/table.ts';
import type { KubeAdmin, RemoteObject } from '../../kube/index.ts';
import { remoteNotFound } from '../../kube/remote-admin.ts';
import { type CliContext, namespaceOf } from '../context.ts';
import { outputOption, type TableFormat, tableFormats } from '../flags.ts';
import { asJson, asYaml } from '../print.ts';
import { remoteArgument, remoteId } from './id.ts';
import { environmentRows, remoteColumns, remoteRow, wideColumns } from './status.ts';
import { watchRemotes } from './watch.ts';

interface Flags {
  readonly allNamespaces?: boolean;
  readonly selector?: string;
  readonly watch?: boolean;
  readonly output?: TableFormat;
}

export function addListCommand(remote: Command, context: CliContext): void {
  const command = remote
    .command('list')
    .description('list Remotes')
    .option('-A, --all-namespaces', 'those of all namespaces')
    .option('-l, --selector <labels>', 'those with these labels: team=web,tier!=test')
    .option('-w, --watch', 'go on, and print what changes')
    .addOption(outputOption(...tableFormats))
    .action(async ({ allNamespaces, selector, watch, output }: Flags) => {
      const admin = await context.connect(command);
      const namespace = allNamespaces ? undefined : namespaceOf(command, admin);
      const how = { output, withNamespace: allNamespaces === true };
      if (watch) return watchRemotes(context, admin, { namespace, labelSelector: selector, ...how });
      const found = await admin.listRemotes(namespace, selector);
      if (found.length === 0 && output !== 'json' && output !== 'yaml') {
        const where = namespace === undefined ? 'in any namespace' : `in namespace ${namespace}`;
        return context.io.note(`no remotes ${where}${namespace === undefined ? '' : '; -A lists all namespaces'}`);
      }
      const list = { apiVersion: 'v1', kind: 'List', items: found.map(withoutBookkeeping) };
      printRemotes(context, found, { whole: list, ...how });
    });
}

export function addGetCommand(remote: Command, context: CliContext): void {
  const command = remote
    .command('get')
    .description('show one Remote')
    .argument('<name>', remoteArgument)
    .addOption(outputOption(...tableFormats))
    .action(async (name: string, { output }: Flags) => {
      const admin = await context.connect(command);
      const id = remoteId(command, admin, name);
      const found = await getRemote(admin, id.namespace, id.name);
      printRemotes(context, [found], { output, whole: withoutBookkeeping(found), withNamespace: false });
    });
}

/** @throws RemoteNotFound */
export async function getRemote(admin: KubeAdmin, namespace: string, name: string): Promise<RemoteObject> {
  const found = await admin.getRemote(namespace, name);
  if (found === undefined) throw remoteNotFound(namespace, name);
  return found;
}

function printRemotes(
  { io, clock }: CliContext,
  found: readonly RemoteObject[],
  { output, whole, withNamespace }: { output: TableFormat | undefined; whole: object; withNamespace: boolean },
): void {
  if (output === 'yaml') io.out(asYaml(whole));
  else if (output === 'json') io.out(asJson(whole));
  else if (output === 'name') for (const { metadata } of found) io.out(`remote.gitkube.sh/${metadata.name}`);
  else for (const line of tableOf(found, clock.now(), { wide: output === 'wide', withNamespace })) io.out(line);
}

/** The header, and a row for each and for each of its environments. */
export function tableOf(
  found: readonly RemoteObject[],
  now: number,
  { wide, withNamespace }: { wide: boolean; withNamespace: boolean },
): string[] {
  const columns = wide ? wideColumns : remoteColumns;
  const rows = found.flatMap((remote) =>
    [remoteRow(remote, now), ...environmentRows(remote)].map((cells) => [
      ...(withNamespace ? [remote.metadata.namespace] : []),
      ...cells.slice(0, columns.length),
    ]),
  );
  return table([...(withNamespace ? ['NAMESPACE'] : []), ...columns], rows);
}

/** As kubectl prints objects since 1.21: managedFields are for machines. */
export function withoutBookkeeping(remote: RemoteObject): object {
  const { managedFields: _, ...metadata } = remote.metadata as typeof remote.metadata & { managedFields?: unknown };
  return { apiVersion: 'gitkube.sh/v1alpha1', kind: 'Remote', ...remote, metadata };
}
