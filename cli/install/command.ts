import { type Command, InvalidArgumentError, Option } from 'commander';
import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import type { NamedObject } from '../../kube/index.ts';
import { describeSettings, parseConfig } from '../../server/config.ts';
import { type CliContext, clusterFlags, type GlobalFlags } from '../context.ts';
import { addWaitFlags, collect, outputOption, type WaitFlags } from '../flags.ts';
import { asJson } from '../print.ts';

interface Flags extends WaitFlags {
  readonly expose?: string;
  readonly image?: string;
  readonly engineImage?: string;
  readonly registry?: string;
  readonly publicAddress?: string;
  readonly set?: readonly string[];
  readonly values?: readonly string[];
  readonly crdOnly?: boolean;
  readonly dryRun?: boolean;
  readonly forceConflicts?: boolean;
  readonly output?: 'yaml' | 'json';
}

export function addInstallCommand(program: Command, context: CliContext): void {
  const command = program
    .command('install')
    .description('install Gitkube into the cluster, or bring it to this version')
    .addOption(
      new Option('-e, --expose <type>', 'type of the Service that users push to (without it: LoadBalancer)').choices([
        'LoadBalancer',
        'NodePort',
        'ClusterIP',
      ]),
    )
    .option('--image <name>', 'image of the server')
    .option('--engine-image <name>', 'image of the engine that builds')
    .option('--registry <url>', 'registry of Remotes that name none, host[:port][/path]')
    .option('--public-address <address>', 'host:port in the URLs shown to users')
    .option('--set <NAME=value>', 'a setting of the server, GITKUBE_…; may be given several times', collectSetting)
    .option('--values <file>', 'values of the Helm chart; needs helm; may be given several times', collect)
    .option('--crd-only', 'only the CustomResourceDefinition of Remotes')
    .option('--force-conflicts', 'overwrite fields that somebody else has set')
    .option('--dry-run', 'let the API server check everything, and store nothing')
    .addOption(outputOption('yaml', 'json').default(undefined, 'applied, not printed'))
    .addHelpText('after', '\nIt is installed in namespace gitkube unless -n names another one.');
  addWaitFlags(command, 'the server is ready', '10m').action((flags: Flags) => install(command, context, flags));
}

async function install(command: Command, context: CliContext, flags: Flags): Promise<void> {
  const { io } = context;
  const namespace = command.optsWithGlobals<GlobalFlags>().namespace ?? 'gitkube';
  const objects = await objectsOf(flags, namespace);
  if (flags.output === 'json') return io.out(asJson({ apiVersion: 'v1', kind: 'List', items: objects }));
  if (flags.output === 'yaml') {
    const { printManifest } = await import('./manifest.ts');
    return io.out(printManifest(objects).replace(/\n$/, ''));
  }
  const { applyAll } = await import('./apply.ts');
  const admin = await context.connect(command);
  const force = flags.forceConflicts === true;
  await applyAll(objects, { admin, io, namespace, dryRun: flags.dryRun === true, force });
  const name = serverName(objects);
  if (flags.dryRun || !flags.wait || name === undefined) return;
  const { printFirstPush, waitUntilReady } = await import('./ready.ts');
  const connection = clusterFlags(command);
  const ready = { context, admin, connection, namespace, name, timeoutMs: flags.timeout };
  await waitUntilReady(ready);
  await printFirstPush(ready);
}

async function objectsOf(flags: Flags, namespace: string): Promise<readonly NamedObject[]> {
  const { changeObjects, installObjects } = await import('./manifest.ts');
  const { expose, image, engineImage, values } = flags;
  const changes = { namespace, expose, image, engineImage, settings: settingsOf(flags) };
  const objects =
    values === undefined
      ? changeObjects(await installObjects(), changes)
      : await (await import('./values.ts')).renderChart(values, changes);
  return flags.crdOnly ? objects.filter(({ kind }) => kind === 'CustomResourceDefinition') : objects;
}

/** @throws UsageInvalid for a value that the server would refuse */
function settingsOf({ registry, publicAddress, set = [] }: Flags): Record<string, string> {
  const given = set.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]);
  const settings = {
    ...(registry === undefined ? {} : { GITKUBE_REGISTRY: registry }),
    ...(publicAddress === undefined ? {} : { GITKUBE_PUBLIC_ADDRESS: publicAddress }),
    ...Object.fromEntries(given),
  };
  refuseBadSettings(settings);
  return settings;
}

function refuseBadSettings(settings: Readonly<Record<string, string>>): void {
  try {
    parseConfig(settings);
  } catch (thrown) {
    const { message, hint } = asGitkubeError(thrown);
    throw new GitkubeError('UsageInvalid', message, { hint, cause: thrown });
  }
}

/** A name that the server does not know would only be found out by its restarts. */
function collectSetting(text: string, before: readonly string[] = []): readonly string[] {
  const name = text.split('=')[0] ?? '';
  if (!text.includes('=')) throw new InvalidArgumentError('write it as NAME=value.');
  if (!describeSettings().some((setting) => setting.name === name)) {
    throw new InvalidArgumentError(`${name} is no setting of the server: gitkube serve --help lists them.`);
  }
  return collect(text, before);
}

function serverName(objects: readonly NamedObject[]): string | undefined {
  const isServer = ({ kind, metadata }: NamedObject) =>
    kind === 'Deployment' && labelsOf(metadata)['app.kubernetes.io/component'] === 'server';
  return objects.find(isServer)?.metadata.name;
}

function labelsOf(metadata: NamedObject['metadata']): Record<string, string> {
  return (metadata as { labels?: Record<string, string> }).labels ?? {};
}
