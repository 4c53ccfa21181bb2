import { asGitkubeError } from '../../base/errors.ts';
import type { KubeAdmin } from '../../kube/index.ts';
import { parseConfig } from '../../server/config.ts';
import { findInstallation } from '../find-installation.ts';
import { type Installation, settingsOf } from '../installation.ts';
import { address } from './address.ts';
import { lookAtCluster } from './cluster.ts';
import { crd } from './crd.ts';
import { type CheckContext, type Finding, fail, findAll } from './finding.ts';
import { https } from './https.ts';
import { runInPod } from './run-in-pod.ts';
import { serverCheck } from './server.ts';

export interface RunClusterOptions extends Pick<CheckContext, 'clock' | 'signal' | 'remote'> {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  /** Where the server is; unset: the one that serves the Remote, or the only one. */
  readonly namespace: string | undefined;
}

/** Looks at a server in the cluster: from here what clients see of it, in its pod what it sees itself. */
export async function runCluster(options: RunClusterOptions): Promise<Finding[]> {
  const { admin, finding } = await lookAtCluster(options);
  if (!admin) return [finding];
  try {
    const installation = await findInstallation(admin, options.namespace, '-n', options.remote?.namespace);
    return [finding, ...(await findBothWays(admin, installation, options))];
  } catch (thrown) {
    options.signal.throwIfAborted();
    const { message, hint } = asGitkubeError(thrown);
    return [finding, { check: 'server', ...fail(message, ...hint) }];
  } finally {
    admin.close();
  }
}

async function findBothWays(
  admin: KubeAdmin,
  installation: Installation,
  { clock, signal, remote }: RunClusterOptions,
): Promise<Finding[]> {
  const config = parseConfig(settingsOf(installation));
  const context = { config, clock, signal, remote, home: installation.namespace, inside: false };
  const [outside, inside] = await Promise.all([
    findAll([crd, serverCheck(installation), address, https], context, Promise.resolve(admin)),
    runInPod({ admin, installation, remote, signal }),
  ]);
  return [...outside, ...inside];
}
