import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { editRemote } from '../../base/edit-remote.ts';
import { GitkubeError } from '../../base/errors.ts';
import { asShell } from '../../base/git-remote.ts';
import { plain } from '../../base/text.ts';
import { accountOf, grantCommands, type Kube, refusedRight } from '../../kube/index.ts';
import type { HelmSpec, Remote } from '../../remote-crd/remote.ts';
import { setRevision } from './chart-revision.ts';
import { looksUp, looksUpByTpl } from './chart-texts.ts';
import type { ExportedTree } from './export-tree.ts';
import { LookupRelay } from './lookup-relay.ts';
import { runTool, ToolFailed } from './run-tool.ts';

/** What `.Release` says. */
export interface ReleaseFacts {
  /** Manifests of this Remote have been applied before. */
  readonly isUpgrade: boolean;
  /** The number of the release to come. */
  readonly revision: number;
}

export interface HelmWork {
  readonly kube: Pick<Kube, 'getSecret' | 'readPath' | 'serverVersions'>;
  /** `helm`, or a path. */
  readonly program: string;
  readonly remote: Remote;
  readonly helm: HelmSpec;
  /** Where the chart lies in the repository. */
  readonly path: string;
  readonly home: string;
  /** Nobody has looked at them. */
  readonly skipSchemas: boolean;
  /** The user that looks up objects. */
  readonly as: string;
  readonly release: ReleaseFacts;
  readonly signal: AbortSignal;
}

/** What `helm template` prints. Where the chart looks things up, it does so as the account, through a relay. */
export async function renderChart(exported: ExportedTree, work: HelmWork): Promise<string> {
  const [mayLookUp, secrets] = await Promise.all([looksUp(exported), readSecrets(work)]);
  await setRevision(exported.folder, exported.files, work.release.revision);
  const files = await writeValues(work, secrets);
  // In a value of --set a brace is escaped.
  const values = [...secrets.map(String), ...work.helm.values.map(({ value }) => value.replaceAll('\\', ''))];
  if (!mayLookUp && !values.some(looksUpByTpl)) return template(exported, work, files);
  await using relay = await LookupRelay.open(work.kube, work.as);
  const kubeconfig = join(work.home, 'kubeconfig');
  await relay.writeKubeconfig(kubeconfig, work.remote.namespace);
  // What there is already needs no labels of Helm: the API server and the labels of Gitkube say whose it is.
  const server = ['--dry-run=server', '--disable-openapi-validation', '--take-ownership'];
  return await template(exported, work, [...files, `--kubeconfig=${kubeconfig}`, ...server], relay.url);
}

/** @param relay where objects are looked up; nothing that the pusher needs to read */
async function template(
  exported: ExportedTree,
  work: HelmWork,
  more: readonly string[],
  relay?: string,
): Promise<string> {
  const { helm, remote } = work;
  const versions = await work.kube.serverVersions();
  const args = [
    'template',
    `--namespace=${remote.namespace}`,
    '--include-crds',
    '--skip-tests',
    ...more,
    ...(work.release.isUpgrade ? ['--is-upgrade'] : []),
    ...(work.skipSchemas ? ['--skip-schema-validation'] : []),
    `--kube-version=${versions.kubernetes}`,
    ...versions.apiVersions.map((version) => `--api-versions=${version}`),
    ...helm.values.map(({ name, value }) => `--set=${name}=${value}`),
    '--',
    helm.release,
    exported.folder,
  ];
  try {
    return await runTool({ program: work.program, args, cwd: work.home, home: work.home, signal: work.signal });
  } catch (thrown) {
    if (thrown instanceof ToolFailed) {
      const stderr = relay === undefined ? thrown.message : thrown.message.replaceAll(relay, '');
      throw explain(stderr, exported, work, relay !== undefined);
    }
    throw thrown;
  }
}

/** Values out of Secrets. */
async function readSecrets({ kube, remote, helm }: HelmWork): Promise<Buffer[]> {
  const values = helm.valuesFrom.map(async ({ secretName, key, optional }) => {
    const secret = await kube.getSecret(remote.namespace, secretName);
    const value = secret?.data?.[key];
    if (value !== undefined) return [Buffer.from(value, 'base64')];
    if (optional) return [];
    const what = secret ? `Secret ${secretName} has no key ${plain(key, 100)}` : `there is no Secret ${secretName}`;
    throw new GitkubeError('SecretUnusable', `${what} in namespace ${remote.namespace}, which helm.valuesFrom names`, {
      hint: secret
        ? `to add it, type: kubectl -n ${remote.namespace} patch secret ${secretName} --type=merge -p '{"stringData":{"${plain(key, 100)}":"<YAML>"}}'`
        : `to create it, type: kubectl -n ${remote.namespace} create secret generic ${secretName} --from-file=${plain(key, 100)}=<file>`,
    });
  });
  return (await Promise.all(values)).flat();
}

/** Writes the values of the Remote to files of this push. @returns the arguments of helm that name them */
async function writeValues({ home }: HelmWork, values: readonly Buffer[]): Promise<string[]> {
  const folder = join(home, 'values');
  await mkdir(folder, { mode: 0o700 });
  const files = values.map(async (value, index) => {
    const file = join(folder, `${index}.yaml`);
    await writeFile(file, value, { flag: 'wx', mode: 0o600 });
    return `--values=${file}`;
  });
  return Promise.all(files);
}

function explain(stderr: string, { folder }: ExportedTree, work: HelmWork, looksUp: boolean): GitkubeError {
  const { path, helm } = work;
  const lines = stderr
    .replaceAll(`${folder}/`, `${path}/`)
    .replaceAll(folder, path)
    .replace(templateName, (_, before: string, template: string) => `${before}${inFolder(path, template)}`)
    .split('\n')
    .map((line) => line.replace(/^Error: /, '').trim())
    .filter((line) => line !== '' && !/^(Use --debug|level=|W\d{4} )/.test(line));
  const secretly = helm.valuesFrom.length > 0 && lines.some((line) => line.includes('values/'));
  const [first = 'helm said nothing', ...others] = secretly
    ? ['a Secret of helm.valuesFrom holds no YAML']
    : withCause(lines);
  if (/no matches for kind|resource mapping not found/.test(first)) return noKind(first, path);
  const missing = missingValue(lines);
  const why = missing === undefined ? first : first.replace(nilPointer, `.Values.${missing} is not set ($&)`);
  return new GitkubeError('ManifestsToolFailed', `helm cannot render ${path}: ${why}`, {
    // How helm came there says nothing more than which value is not set.
    evidence: missing === undefined ? others.slice(0, 20) : [],
    hint: [...setValue(missing, path), ...hintFor(first, work, looksUp)],
  });
}

const nilPointer = /nil pointer evaluating .*$/m;

/** A template reads a value of something that no values file sets: `.Values.db.host` where there is no `db`. */
function missingValue(lines: readonly string[]): string | undefined {
  const text = lines.join('\n');
  const [, value] = /at <\.Values\.([\w.]+)>/.exec(text) ?? [];
  return nilPointer.test(text) ? value : undefined;
}

function setValue(value: string | undefined, path: string): string[] {
  return value === undefined
    ? []
    : [`set ${value} in ${inFolder(path, 'values.yaml')}, or in spec.manifests.helm.values: ${editRemote}`];
}

/** helm says where, then on lines of their own how it came there, and last what is wrong. */
function withCause([first = '', ...others]: readonly string[]): string[] {
  const cause = /^\S+:\d+:\d+$/.test(first) ? others.at(-1) : undefined;
  if (cause === undefined) return [first, ...others].filter((line) => line !== '');
  return [`${first}: ${cause}`, ...others.slice(0, -1)];
}

/** helm calls a template by the name of its chart, whatever the folder is called that the chart is in. */
const templateName = /(^|[\s"(])[\w.-]+\/((?:charts\/[\w.-]+\/)*templates\/)/gm;

function inFolder(path: string, rest: string): string {
  return path === '.' ? rest : `${path}/${rest}`;
}

function hintFor(words: string, { path, helm, remote, as }: HelmWork, looksUp: boolean): string[] {
  if (/missing in charts\/ directory/.test(words)) {
    return [
      `to bring its dependencies, type: helm dependency update ${path}`,
      `and commit ${path}/charts: the server downloads no charts`,
    ];
  }
  const account = accountOf(as);
  const right = looksUp && words.includes(`User "${as}" cannot `) ? refusedRight(words) : undefined;
  if (account && right) {
    const may = `grant ServiceAccount ${account.name} what the lookup of the chart reads:`;
    return [may, ...grantCommands(account, right, 'get,list')];
  }
  // Without a cluster lookup finds nothing, and the template may well be fine.
  const server = looksUp ? ` --dry-run=server --kube-as-user=${as} -n ${remote.namespace}` : '';
  return [`to reproduce it, type: helm template${server}${valuesOf(helm)} ${helm.release} ${path}`];
}

/** Those that are not in the repository. Each may be private. */
function valuesOf({ values, valuesFrom }: HelmSpec): string {
  const files = valuesFrom.map(() => ' --values <file>');
  return [...files, ...values.map(({ name }) => ` --set ${asShell([name])}=<value>`)].join('');
}

/** helm checks all kinds against the cluster as soon as a chart looks something up. */
function noKind(words: string, path: string): GitkubeError {
  return new GitkubeError('ManifestsToolFailed', `helm cannot render ${path}: ${words}`, {
    hint: 'push the CustomResourceDefinition first: a chart that uses lookup cannot bring it and objects of it in one push',
  });
}
