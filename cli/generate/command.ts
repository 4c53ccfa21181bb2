import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { GitkubeError } from '../../base/errors.ts';
import { parseAuthorizedKeys, parseRemote } from '../../remote-crd/index.ts';
import type { CliContext, GlobalFlags } from '../context.ts';
import { collect } from '../flags.ts';
import { asJson, asYaml } from '../print.ts';
import { Asker, confirmed } from '../prompts.ts';
import { asDeployments } from './container-flag.ts';
import { askContainers } from './containers.ts';
import { type Defaults, defaultsOf } from './defaults.ts';
import { asEnvironment, parseEnvironmentFlag } from './environment-flag.ts';
import { askRegistry, type RegistryAnswer, type RegistryFlags } from './registry.ts';
import { createRegistrySecret, secretCommand } from './secret.ts';

interface Flags extends RegistryFlags, GlobalFlags {
  readonly name?: string;
  readonly keyFile?: readonly string[];
  readonly manifests?: string;
  readonly manifestsPath?: string;
  readonly helmRelease?: string;
  readonly container?: readonly string[];
  readonly branch?: string;
  readonly environment?: readonly string[];
  readonly promoteFrom?: readonly string[];
  readonly requirePromotion?: boolean;
  readonly lfs?: string;
  readonly outputFile?: string;
  readonly output: 'yaml' | 'json';
  readonly overwrite?: boolean;
}

export function addGenerateCommand(remote: Command, context: CliContext): void {
  const command = remote
    .command('generate')
    .description('write a remote.yaml; asks for what no flag gives')
    .option('--name <name>', 'name of the Remote')
    .option('--key-file <file>', 'public key that may push; may be given several times', collect)
    .addOption(new Option('--manifests <kind>', 'what to apply from the repository').choices(['yaml', 'helm', 'none']))
    .option('--manifests-path <folder>', 'folder of the repository with the manifests or the chart')
    .option('--helm-release <name>', 'name of the Helm release; unset: that of the Remote')
    .option('--registry <url>', 'docker.io, host[:port][/path], or default for that of the server')
    .option('--registry-user <name>', 'user of the registry; unset: the one that docker login stored')
    .option('--registry-password-stdin', 'read its password from stdin')
    .option('--registry-secret <name>', 'Secret with the credentials; empty for none; unset: <name>-regsecret')
    .option('--create-secret', 'create that Secret in the cluster, too')
    .option('--container <spec>', '[kind/]workload/container[=path[:dockerfile]]; may be given several times', collect)
    .option('--branch <name>', 'branch that deploys; unset: main or master, whichever is pushed first')
    .option('--environment <spec>', 'further branch that deploys: name=branch; may be given several times', collect)
    .option('--promote-from <name>', 'environment or Remote whose releases are promoted; may be repeated', collect)
    .option('--require-promotion', 'refuse every commit that none of them has released')
    .option('--lfs <url>', 'LFS server that has the files of Git LFS')
    .option('-f, --output-file <file>', 'where it is written; - is stdout; unset: remote.yaml')
    .addOption(new Option('-o, --output <format>', 'how it is written').choices(['yaml', 'json']).default('yaml'))
    .option('--overwrite', 'replace a file that exists');
  command.action(() => generate(command, context));
}

async function generate(command: Command, context: CliContext): Promise<void> {
  const { io } = context;
  const flags = command.optsWithGlobals<Flags>();
  const asker = new Asker(io);
  const defaults = io.interactive ? await defaultsOf(process.cwd()) : {};
  const name = await asker.text({
    flag: '--name',
    given: flags.name,
    message: 'Name of the remote',
    ...initialIn(defaults.name),
    problem: nameProblem,
  });
  const namespace = await asker.text({
    flag: '--namespace',
    given: flags.namespace,
    message: 'Namespace of its workloads',
    initial: 'default',
    scripted: 'default',
    problem: nameProblem,
  });
  const keyFiles = flags.keyFile ?? [await askKeyFile(asker, io.env)];
  const manifests = await askManifests(asker, flags, defaults);
  const registry = await askRegistry(flags, { asker, io, remoteName: name });
  const containers = await askContainers(asker, flags.container, {
    required: manifests === undefined,
    name,
    path: defaults.context,
  });
  const environments = (flags.environment ?? [])
    .map(parseEnvironmentFlag)
    .map((one) => asEnvironment(one, containers, manifests));
  const wantsSecret = flags.createSecret === true && registry.secret !== undefined;
  const secret = registry.secret && { ...registry.secret, namespace };
  if (wantsSecret && secret?.login.username === undefined) asker.lacks('--registry-user');
  if (wantsSecret && secret?.login.password === undefined && !io.interactive) asker.lacks('--registry-password-stdin');
  asker.finish();

  const remote = {
    apiVersion: 'gitkube.sh/v1alpha1',
    kind: 'Remote',
    metadata: { name, namespace },
    spec: {
      authorizedKeys: await readKeys(keyFiles, io.env),
      ...(registry.spec ? { registry: registry.spec } : {}),
      ...(manifests ? { manifests } : {}),
      ...(containers.length > 0 ? { deployments: asDeployments(containers) } : {}),
      ...optionalFields(flags),
      ...(environments.length > 0 ? { environments } : {}),
    },
  };
  const parsed = parseRemote({ ...remote, metadata: { ...remote.metadata, uid: '' } });
  const [problem] = [parsed, ...parsed.environments].flatMap(({ problems }) => problems);
  if (problem !== undefined) throw new GitkubeError('UsageInvalid', `no Remote that deploys: ${problem}`);
  await write(remote, flags, context);
  for (const one of parsed.environments) {
    const names = one.deployments.map((workload) => workload.name).join(', ');
    if (names) io.note(`${one.environment} deploys ${names}: correct the names where its workloads have others`);
  }
  if (secret) await settleSecret(command, context, { secret, asker, create: wantsSecret });
}

/** Nobody is asked for these. */
function optionalFields({ branch, promoteFrom, requirePromotion, lfs }: Flags): object {
  return {
    ...(branch && { branch }),
    ...(promoteFrom && { promoteFrom }),
    ...(requirePromotion && { requirePromotion }),
    ...(lfs && { lfs: { url: lfs } }),
  };
}

function initialIn(initial: string | undefined): { initial?: string } {
  return initial === undefined ? {} : { initial };
}

function nameProblem(name: string): string | undefined {
  return /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name) ? undefined : 'lower case, digits and -, at most 63';
}

function askKeyFile(asker: Asker, env: CliContext['io']['env']): Promise<string> {
  const usual = ['id_ed25519.pub', 'id_ecdsa.pub', 'id_rsa.pub'].map((file) => join(env.HOME ?? '', '.ssh', file));
  const initial = usual.find((file) => existsSync(file));
  return asker.text({
    flag: '--key-file',
    given: undefined,
    message: 'SSH public key that may push',
    ...(initial === undefined ? {} : { initial }),
    problem: (file) => (existsSync(atHome(file, env)) ? undefined : 'there is no such file'),
  });
}

async function askManifests(asker: Asker, flags: Flags, defaults: Defaults): Promise<object | undefined> {
  const kind = await asker.choice({
    flag: '--manifests',
    given: flags.manifests ?? (flags.manifestsPath === undefined ? undefined : 'yaml'),
    message: 'Which manifests of the repository does a push apply?',
    ...initialIn(defaults.manifests ?? 'none'),
    choices: [
      { value: 'yaml', name: 'Kubernetes YAML, or a kustomization' },
      { value: 'helm', name: 'a Helm chart' },
      { value: 'none', name: 'none: the workloads are there already' },
    ],
  });
  if (kind === 'none' || kind === '') return undefined;
  const path = await asker.text({
    flag: '--manifests-path',
    given: flags.manifestsPath,
    message: kind === 'helm' ? 'Folder of the chart' : 'Folder of the manifests',
    ...initialIn(kind === defaults.manifests ? defaults.folder : undefined),
    problem: (answer) => (answer === '' ? 'name a folder, . for the root' : undefined),
  });
  if (kind === 'yaml') return { path };
  const release = await asker.text({
    flag: '--helm-release',
    given: flags.helmRelease,
    message: 'Name of the Helm release, empty for that of the remote',
    scripted: '',
  });
  return release === '' ? { path } : { path, helm: { release } };
}

async function readKeys(files: readonly string[], env: CliContext['io']['env']): Promise<string[]> {
  const texts = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(atHome(file, env), 'utf8').catch((cause: NodeJS.ErrnoException) => {
        throw new GitkubeError('FileUnusable', `${file} cannot be read (${cause.code})`, { cause });
      });
      const { keys, problems } = parseAuthorizedKeys([text]);
      const [problem] = problems;
      if (problem) throw new GitkubeError('FileUnusable', `${file}: ${problem.problem}`);
      if (keys.length === 0) throw new GitkubeError('FileUnusable', `${file} has no key in it`);
      return text.trim().split(/\r?\n/);
    }),
  );
  return texts.flat();
}

/** A shell expands ~ only at the beginning of a word, and a prompt never does. */
function atHome(file: string, env: CliContext['io']['env']): string {
  return file.replace(/^~(?=\/)/, env.HOME ?? '~');
}

async function write(remote: object, flags: Flags, { io }: CliContext): Promise<void> {
  const text = flags.output === 'json' ? asJson(remote) : asYaml(remote);
  const file = flags.outputFile ?? `remote.${flags.output}`;
  if (file === '-') return io.out(text);
  if (existsSync(file) && flags.overwrite !== true) {
    if (!io.interactive) throw new GitkubeError('UsageInvalid', `${file} exists already`, { hint: 'add --overwrite' });
    if (!(await confirmed(`${file} exists. Replace it?`, { yes: false, io }))) {
      throw new GitkubeError('UsageInvalid', 'nothing was written', { hint: '-f names another file' });
    }
  }
  await writeFile(file, `${text}\n`).catch((cause: NodeJS.ErrnoException) => {
    throw new GitkubeError('FileUnusable', `${file} cannot be written (${cause.code})`, { cause });
  });
  io.note(`wrote ${file}`);
  io.note(`next: gitkube remote create -f ${file}`);
}

interface SecretStep {
  readonly secret: NonNullable<RegistryAnswer['secret']> & { readonly namespace: string };
  readonly asker: Asker;
  readonly create: boolean;
}

/** The Secret is the person's to make: nothing is created as a side effect. */
async function settleSecret(
  command: Command,
  context: CliContext,
  { secret, asker, create }: SecretStep,
): Promise<void> {
  const { io } = context;
  if (!create) {
    io.note(`The remote needs the Secret ${secret.namespace}/${secret.name}. If it does not exist yet:`);
    return io.note(`  ${secretCommand(secret)}`);
  }
  const password =
    secret.login.password ?? (await asker.secret('--registry-password-stdin', `Password at ${secret.host}`));
  const admin = await context.connect(command);
  await createRegistrySecret(admin, { ...secret, login: { ...secret.login, password } });
  io.note(`Secret ${secret.namespace}/${secret.name} applied`);
}
