import type { Command } from 'commander';
import { asShell } from '../../base/git-remote.ts';
import type { RemoteObject } from '../../kube/index.ts';
import { type CliContext, type GlobalFlags, namespaceOf } from '../context.ts';
import { addWaitFlags, type WaitFlags } from '../flags.ts';
import { inFile, parseDocuments, type RemoteDocument, readText } from './documents.ts';
import { missingOf } from './missing.ts';
import { firstPlace, readyCondition, statusOf } from './status.ts';
import { waitForUrl } from './wait-for-url.ts';

interface Flags extends WaitFlags {
  readonly file: string;
  readonly forceConflicts?: boolean;
  readonly dryRun?: boolean;
}

export function addCreateCommand(remote: Command, context: CliContext): void {
  const command = remote
    .command('create')
    .description('create or change Remotes, and print how to push to them')
    .requiredOption('-f, --file <file>', 'YAML or JSON with one or several Remotes; - is stdin')
    .option('--dry-run', 'let the API server check everything, and store nothing')
    .option('--force-conflicts', 'overwrite fields that somebody else has set');
  addWaitFlags(command, 'the server has given them a URL', '5m').action((flags: Flags) =>
    create(command, context, flags),
  );
}

async function create(command: Command, context: CliContext, flags: Flags): Promise<void> {
  const { io, clock } = context;
  const text = await readText(flags.file, io);
  const admin = await context.connect(command);
  const given = command.optsWithGlobals<GlobalFlags>().namespace;
  const documents = parseDocuments(text, flags.file, { given, fallback: namespaceOf(command, admin) });
  // All of them are checked by the API server before the first one is stored.
  const apply = (document: RemoteDocument, dryRun: boolean) =>
    inFile(document, () => admin.applyRemote(document.object, { force: flags.forceConflicts === true, dryRun }));
  const before = await Promise.all(
    documents.map(({ object: { metadata } }) => admin.getRemote(metadata.namespace, metadata.name)),
  );
  const checked = await inTurn(documents, (document) => apply(document, true));
  const applied = flags.dryRun ? checked : await inTurn(documents, (document) => apply(document, false));
  applied.forEach((after, index) => {
    const { namespace, name } = after.metadata;
    io.out(`remote ${namespace}/${name} ${verdict(before[index], after)}${flags.dryRun ? ' (dry run)' : ''}`);
  });
  for (const document of documents) warnOf(context, document);
  for (const { remote } of documents) {
    const missing = await Promise.all([remote, ...remote.environments].map((one) => missingOf(one, admin)));
    for (const line of new Set(missing.flat())) io.note(`warning: ${line}`);
  }
  if (flags.dryRun || !flags.wait) return;
  for (const remote of applied) {
    const ready = await waitForUrl(remote, { admin, io, clock, timeoutMs: flags.timeout });
    printHowToPush(context, ready);
  }
}

async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

function verdict(before: RemoteObject | undefined, after: RemoteObject): string {
  if (before === undefined) return 'created';
  return before.metadata.generation === after.metadata.generation ? 'unchanged' : 'changed';
}

/** What the API server takes and yet keeps from deploying. */
function warnOf({ io }: CliContext, { remote }: RemoteDocument): void {
  for (const problem of remote.problems) io.note(`warning: no push can deploy: ${problem}`);
  for (const { environment, problems } of remote.environments) {
    const own = problems.filter((problem) => !remote.problems.includes(problem));
    for (const problem of own) io.note(`warning: no push can deploy to ${environment}: ${problem}`);
  }
  for (const { line, problem } of remote.keyProblems) io.note(`warning: ${line} of spec.authorizedKeys: ${problem}`);
  for (const warning of remote.warnings) io.note(`warning: ${warning}`);
  if (remote.keys.length > 0 || remote.trust) return;
  io.note(
    `warning: it has no usable key, so nobody may push: gitkube -n ${remote.namespace} remote keys add ${remote.name} FILE`,
  );
}

function printHowToPush({ io }: CliContext, remote: RemoteObject): void {
  const { remoteUrl = '', httpsUrl } = statusOf(remote);
  const { namespace, name } = remote.metadata;
  const ready = readyCondition(remote);
  if (ready?.status === 'False') io.note(`warning: ${namespace}/${name} is not ready: ${ready.message}`);
  io.out('');
  io.out(`git remote add ${name} ${remoteUrl}`);
  io.out(asShell(['git', 'push', name, firstPlace(remote).branch]));
  if (httpsUrl !== undefined) {
    io.note(`or over HTTPS, with a token of gitkube remote tokens add as the password: ${httpsUrl}`);
  }
  io.note(
    `or add it with a place of its own for its releases: gitkube -n ${namespace} remote connect ${name} --as ${name}`,
  );
}
