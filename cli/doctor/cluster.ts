import { asGitkubeError } from '../../base/errors.ts';
import { createAdmin, type KubeAdmin } from '../../kube/index.ts';
import type { Finding, Surroundings } from './finding.ts';
import { fail, ok } from './finding.ts';

/** The first look: without it most others are idle. @returns the cluster, when it answers */
export async function lookAtCluster({
  config,
  clock,
}: Pick<Surroundings, 'config' | 'clock'>): Promise<{ admin: KubeAdmin | undefined; finding: Finding }> {
  let admin: KubeAdmin | undefined;
  try {
    const { GITKUBE_KUBECONFIG: kubeconfig, GITKUBE_KUBE_CONTEXT: context } = config;
    admin = createAdmin({ kubeconfig, context, clock });
    const { version } = await admin.serverFacts();
    const finding = await remotesAreKnown(
      admin,
      config.GITKUBE_NAMESPACES[0],
      `Kubernetes ${version} at ${admin.server}`,
    );
    return { admin, finding: { check: 'cluster', ...finding } };
  } catch (thrown) {
    admin?.close();
    const { message } = asGitkubeError(thrown);
    const finding = fail(message, 'kubectl cluster-info', 'kubectl config get-contexts');
    return { admin: undefined, finding: { check: 'cluster', ...finding } };
  }
}

async function remotesAreKnown(admin: KubeAdmin, namespace: string | undefined, what: string) {
  try {
    await admin.listRemotes(namespace);
  } catch (thrown) {
    const { reason, message } = asGitkubeError(thrown);
    if (reason === 'NotInstalled') {
      const apply = 'kubectl apply --server-side -f manifests/crd.yaml';
      return fail(`${what} does not know Remotes`, 'gitkube install', apply);
    }
    // What cannot be listed for want of a right is told by the rights.
    if (reason !== 'ClusterForbidden') return fail(message, 'kubectl get remotes -A');
  }
  return ok(what);
}
