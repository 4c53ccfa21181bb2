import type { Command } from 'commander';
import { GitkubeError } from '../../base/errors.ts';
import { count } from '../../base/text.ts';
import type { KubeAdmin, NamedObject } from '../../kube/index.ts';
import type { CliContext, GlobalFlags } from '../context.ts';
import { addWaitFlags, type WaitFlags } from '../flags.ts';
import { confirmed } from '../prompts.ts';
import { inWords } from './apply.ts';
import { findObjects, type InstalledObjects } from './installed.ts';
import { waitDeleted } from './wait-deleted.ts';

interface Flags extends WaitFlags {
  readonly purge?: boolean;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

export function addUninstallCommand(program: Command, context: CliContext): void {
  const command = program
    .command('uninstall')
    .description('remove Gitkube from the cluster; repositories, host key and Remotes stay')
    .option('--purge', 'remove these, too: all Remotes of the cluster, all repositories, the host key')
    .option('-y, --yes', 'do not ask before --purge')
    .option('--dry-run', 'print what would be removed');
  addWaitFlags(command, 'it is gone', '2m').action((flags: Flags) => uninstall(command, context, flags));
}

async function uninstall(command: Command, context: CliContext, flags: Flags): Promise<void> {
  const { io } = context;
  const admin = await context.connect(command);
  const namespace = command.optsWithGlobals<GlobalFlags>().namespace ?? 'gitkube';
  const found = await findObjects(admin, namespace);
  if (found.helm) throw ownedByHelm(namespace, found.helm);
  // Last: a server that lives makes its Leases again.
  const leases = heldOn(found, flags) ? [] : found.leases;
  const going = [...(flags.purge ? found.data : []), ...found.parts, ...leases];
  if (going.length === 0) {
    io.note(`nothing of Gitkube runs in namespace ${namespace}; -n names another one`);
    if (found.data.length > 0) io.note(`still there: ${found.data.map(inWords).join(', ')}; --purge removes it, too`);
    return;
  }
  if (flags.dryRun) {
    for (const object of going) io.out(`${inWords(object)} would be removed`);
    return printKept(context, found, flags, namespace);
  }
  if (flags.purge && !(await confirmed(await purgeQuestion(admin, namespace), { yes: flags.yes === true, io }))) {
    return io.note('nothing was removed');
  }
  // Remotes first: the server is still there to archive what it keeps of them.
  for (const object of going) await remove(admin, object, context, flags);
  printKept(context, found, flags, namespace);
}

/** Whether a server that is not waited for still holds its Leases. */
function heldOn({ parts, leases }: InstalledObjects, { wait }: Flags): boolean {
  return !wait && parts.length > 0 && leases.length > 0;
}

async function remove(admin: KubeAdmin, object: NamedObject, context: CliContext, flags: Flags): Promise<void> {
  // A server that ends needs its rights for the rollouts that it finishes.
  const foreground = flags.wait && object.kind === 'Deployment';
  await admin.deleteObject(object, foreground ? { foreground } : {});
  const isWaitedFor = object.kind === 'Deployment' || object.kind === 'CustomResourceDefinition';
  if (flags.wait && isWaitedFor) await waitDeleted(admin, object, context, flags.timeout);
  context.io.out(`${inWords(object)} removed`);
}

async function purgeQuestion(admin: KubeAdmin, namespace: string): Promise<string> {
  // Without the right to list them it does not say that there are none.
  const remotes = await admin.listRemotes(undefined).then(
    ({ length }) => count(length, 'Remote'),
    () => 'all Remotes',
  );
  return `Remove Gitkube from ${namespace} with all its repositories, and ${remotes} of all namespaces? This cannot be undone.`;
}

function printKept({ io }: CliContext, found: InstalledObjects, flags: Flags, namespace: string): void {
  const { purge, dryRun } = flags;
  const { data } = found;
  if (heldOn(found, flags)) {
    const names = found.leases.map(inWords).join(', ');
    io.note(`stays: ${names}, which the server holds until it ends; run the command again to delete it`);
  }
  if (purge) {
    io.note(`namespace ${namespace} stays: kubectl delete namespace ${namespace}`);
    return;
  }
  if (data.length === 0) return;
  io.note(`${dryRun ? 'would stay' : 'stays'}: ${data.map(inWords).join(', ')}, namespace ${namespace}`);
  io.note('gitkube install uses them again; gitkube uninstall --purge removes them, too');
}

function ownedByHelm(namespace: string, release: string): GitkubeError {
  return new GitkubeError('UsageInvalid', `helm installed Gitkube in namespace ${namespace}, as release ${release}`, {
    hint: `helm -n ${namespace} uninstall ${release}`,
  });
}
