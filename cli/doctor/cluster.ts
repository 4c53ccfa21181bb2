import { asGitkubeError } from '../../base/errors.ts';
import { type AdminOptions, createAdmin, type KubeAdmin } from '../../kube/index.ts';
import { type Finding, fail, ok } from './finding.ts';

/** A diagnosis waits less long than a command that changes something. */
const callTimeoutMs = 10_000;

/** The first look: without it most others are idle. @returns the cluster, when it answers */
export async function lookAtCluster(
  options: AdminOptions,
): Promise<{ admin: KubeAdmin | undefined; finding: Finding }> {
  let admin: KubeAdmin | undefined;
  try {
    admin = createAdmin({ ...options, callTimeoutMs });
    const { version } = await admin.serverFacts();
    return { admin, finding: { check: 'cluster', ...ok(`Kubernetes ${version} at ${admin.server}`) } };
  } catch (thrown) {
    admin?.close();
    const { message, hint } = asGitkubeError(thrown);
    const finding = fail(
      message,
      ...(hint.length > 0 ? hint : ['kubectl cluster-info', 'kubectl config get-contexts']),
    );
    return { admin: undefined, finding: { check: 'cluster', ...finding } };
  }
}
