import type { Command } from 'commander';
import { GitkubeError } from '../../base/errors.ts';
import type { KubeAdmin, RemoteObject } from '../../kube/index.ts';
import { remotesPath } from '../../kube/remote-admin.ts';
import type { CliContext } from '../context.ts';
import { addWaitFlags, type WaitFlags } from '../flags.ts';
import { seePods } from '../installation.ts';
import { confirmed } from '../prompts.ts';
import { remoteArgument, remoteId } from './id.ts';
import { getRemote } from './list.ts';

interface Flags extends WaitFlags {
  readonly yes?: boolean;
}

export function addDeleteCommand(remote: Command, context: CliContext): void {
  const command = remote
    .command('delete')
    .description('delete a Remote; what it deployed stays')
    .argument('<name>', remoteArgument)
    .option('-y, --yes', 'do not ask');
  addWaitFlags(command, 'it is gone', '1m').action((name: string, flags: Flags) =>
    remove(command, context, name, flags),
  );
}

async function remove(command: Command, context: CliContext, text: string, flags: Flags): Promise<void> {
  const { io } = context;
  const admin = await context.connect(command);
  const { namespace, name } = remoteId(command, admin, text);
  const found = await getRemote(admin, namespace, name);
  const question = `Delete remote ${namespace}/${name}? Nobody can push to it any more; its workloads stay.`;
  if (!(await confirmed(question, { yes: flags.yes === true, io }))) return io.note('nothing was deleted');
  await admin.deleteRemote(namespace, name);
  if (flags.wait && io.interactive) io.note('waiting until the server has archived its repository');
  if (flags.wait) await untilGone(admin, found, context, flags.timeout);
  io.out(`remote ${namespace}/${name} deleted`);
}

/** The server may have something to archive first (a finalizer). */
async function untilGone(admin: KubeAdmin, remote: RemoteObject, { io, clock }: CliContext, timeoutMs: number) {
  const { namespace, name, uid } = remote.metadata;
  const gone = Promise.withResolvers<void>();
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, io.interrupted()]);
  const collection = { path: remotesPath(namespace), fieldSelector: `metadata.name=${name}` };
  const upsert = (seen: RemoteObject) => (seen.metadata.uid === uid ? undefined : gone.resolve());
  await using watch = admin.watch<RemoteObject>(collection, { upsert, remove: () => gone.resolve() }, signal);
  // No event reports what was gone before the first list.
  watch.synced.then(
    () => (watch.objects.size === 0 ? gone.resolve() : undefined),
    () => {},
  );
  clock.delay(timeoutMs, signal).then(
    () => gone.reject(held(remote)),
    () => gone.reject(signal.reason),
  );
  try {
    await gone.promise;
  } finally {
    over.abort();
  }
}

function held({ metadata: { namespace, name } }: RemoteObject): GitkubeError {
  return new GitkubeError('Timeout', `remote ${namespace}/${name} is marked for deletion and is still there`, {
    hint: `the server has to release it first; to see whether it runs, type: ${seePods}`,
  });
}
