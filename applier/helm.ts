import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GitkubeError } from '../base/errors.ts';
import { plain } from '../base/text.ts';
import type { Kube } from '../kube/kube.ts';
import type { HelmSpec, Remote } from '../remote-crd/remote.ts';
import type { CheckedOut } from './checkout.ts';
import { runTool, ToolFailed } from './run-tool.ts';

export interface HelmWork {
  readonly kube: Pick<Kube, 'getSecret' | 'serverVersions'>;
  /** `helm`, or a path. */
  readonly program: string;
  readonly remote: Remote;
  readonly helm: HelmSpec;
  /** Where the chart lies in the repository. */
  readonly path: string;
  readonly home: string;
  /** Nobody has looked at them. */
  readonly skipSchemas: boolean;
  readonly signal: AbortSignal;
}

/** What `helm template` prints: as an installation, without a cluster to look things up in. */
export async function renderChart(checkedOut: CheckedOut, work: HelmWork): Promise<string> {
  const { helm, remote } = work;
  const [files, versions] = await Promise.all([writeValues(work), work.kube.serverVersions()]);
  const args = [
    'template',
    `--namespace=${remote.namespace}`,
    '--include-crds',
    '--skip-tests',
    ...(work.skipSchemas ? ['--skip-schema-validation'] : []),
    `--kube-version=${versions.kubernetes}`,
    ...versions.apiVersions.map((version) => `--api-versions=${version}`),
    ...files.map((file) => `--values=${file}`),
    ...helm.values.map(({ name, value }) => `--set=${name}=${value}`),
    '--',
    helm.release,
    checkedOut.folder,
  ];
  try {
    return await runTool({ program: work.program, args, cwd: work.home, home: work.home, signal: work.signal });
  } catch (thrown) {
    if (thrown instanceof ToolFailed) throw explain(thrown.message, checkedOut, work);
    throw thrown;
  }
}

/** Values out of Secrets, as files that only this push has. */
async function writeValues({ kube, remote, helm, home }: HelmWork): Promise<string[]> {
  const folder = join(home, 'values');
  await mkdir(folder, { mode: 0o700 });
  const files = helm.valuesFrom.map(async ({ secretName, key, optional }, index) => {
    const secret = await kube.getSecret(remote.namespace, secretName);
    const value = secret?.data?.[key];
    if (value === undefined && optional) return [];
    if (value === undefined) {
      const what = secret ? `Secret ${secretName} has no key ${plain(key, 100)}` : `there is no Secret ${secretName}`;
      throw new GitkubeError(
        'SecretUnusable',
        `${what} in namespace ${remote.namespace}, which helm.valuesFrom names`,
        {
          hint: `kubectl -n ${remote.namespace} create secret generic ${secretName} --from-file=${plain(key, 100)}=…`,
        },
      );
    }
    const file = join(folder, `${index}.yaml`);
    await writeFile(file, Buffer.from(value, 'base64'), { flag: 'wx', mode: 0o600 });
    return [file];
  });
  return (await Promise.all(files)).flat();
}

function explain(stderr: string, { folder }: CheckedOut, { path, helm }: HelmWork): GitkubeError {
  const lines = stderr
    .replaceAll(`${folder}/`, `${path}/`)
    .replaceAll(folder, path)
    .split('\n')
    .map((line) => line.replace(/^Error: /, '').trim())
    .filter((line) => line !== '' && !/^(Use --debug|level=)/.test(line));
  const secretly = helm.valuesFrom.length > 0 && lines.some((line) => line.includes('values/'));
  const [first = 'helm said nothing', ...others] = secretly ? ['a Secret of helm.valuesFrom holds no YAML'] : lines;
  const missing = /missing in charts\/ directory/.test(first);
  return new GitkubeError('ManifestsToolFailed', `helm cannot render ${path}: ${first}`, {
    evidence: others.slice(0, 20),
    hint: missing
      ? `charts are not downloaded on the server: helm dependency update ${path}, and commit ${path}/charts`
      : `try it: helm template ${helm.release} ${path}`,
  });
}
