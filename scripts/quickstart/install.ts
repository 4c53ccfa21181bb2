import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RigError } from '../../test/cluster/rig-error.ts';
import { defaultCacheDir } from '../../test/cluster/state.ts';
import { ensureTools } from '../../test/cluster/tools.ts';
import { type Cluster, type Kubectl, progress, stateFolder } from './cluster.ts';
import { mirrorBusybox, publishImages } from './images.ts';
import { quiet, show } from './shell.ts';
import { findStorage } from './storage.ts';
import { chartValues } from './values.ts';

const root = join(import.meta.dirname, '../..');
const namespace = 'gitkube';

/** Installs the chart as users do, or brings what is installed up to date; returns when the server takes pushes. */
export async function install(cluster: Cluster, kubectl: Kubectl): Promise<void> {
  const images = await publishImages(cluster);
  const registryMirrors = await mirrorBusybox(cluster);
  const persistence = await findStorage(cluster, kubectl);
  const { helm } = await ensureTools(defaultCacheDir(process.env), progress);
  await mkdir(stateFolder, { recursive: true, mode: 0o700 });
  const valuesFile = join(stateFolder, 'values.json');
  const values = chartValues(cluster, { images, persistence, registryMirrors });
  await writeFile(valuesFile, JSON.stringify(values, null, 2));
  await kubectl(['apply', '-f', '-'], JSON.stringify(privilegedNamespace));
  const upgrade = ['upgrade', '--install', 'gitkube', 'manifests/chart', `--namespace=${namespace}`];
  const shown = { cwd: root, env: { KUBECONFIG: cluster.kubeconfig } };
  const options = [...upgrade, ...chartOptions([valuesFile, cluster.values])];
  await show(helm, options, { ...shown, as: 'helm', hideOutput: true }).catch((thrown: unknown) =>
    explain(thrown, kubectl),
  );
  await show(cluster.kubectl, ['--namespace', namespace, 'get', 'pods'], { ...shown, as: 'kubectl' });
}

/** helm says only that it timed out; the pods say why. */
async function explain(thrown: unknown, kubectl: Kubectl): Promise<never> {
  const ask = async (...args: string[]) => {
    const said = await kubectl([`--namespace=${namespace}`, ...args]).catch(() => '');
    return said === '' ? [] : [`kubectl -n ${namespace} ${args.join(' ')}`, ...said.trimEnd().split('\n')];
  };
  throw new RigError('Gitkube does not become ready in the cluster', {
    evidence: [
      ...(thrown instanceof RigError ? thrown.evidence : []),
      ...(await ask('get', 'pods')),
      ...(await ask('events', '--types=Warning')),
      ...(await ask('logs', 'deployment/gitkube', '--container=server', '--tail=10')),
      ...(await ask('logs', 'deployment/gitkube', '--container=engine', '--tail=3')),
    ],
    cause: thrown,
  });
}

/** Removes what `install` made, and with it the repositories. The definition of Remotes stays. */
export async function uninstall(cluster: Cluster, kubectl: Kubectl): Promise<void> {
  const { helm } = await ensureTools(defaultCacheDir(process.env), progress);
  const options = [`--kubeconfig=${cluster.kubeconfig}`, `--namespace=${namespace}`, '--ignore-not-found', '--wait'];
  await quiet(helm, ['uninstall', 'gitkube', ...options]);
  await kubectl(['delete', 'namespace', namespace, '--ignore-not-found']);
}

function chartOptions(valuesFiles: readonly (string | undefined)[]): string[] {
  const files = valuesFiles.flatMap((file) => (file === undefined ? [] : [`--values=${file}`]));
  // A definition of Remotes that kubectl applied before becomes the release's.
  return [...files, '--take-ownership', '--wait', '--timeout=5m'];
}

const privilegedNamespace = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } },
};
