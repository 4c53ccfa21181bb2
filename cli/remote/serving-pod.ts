import { GitkubeError } from '../../base/errors.ts';
import type { KubeAdmin, PodContainer } from '../../kube/index.ts';
import { findInstallation } from '../find-installation.ts';
import { serverContainer, serverPods } from '../installation.ts';

/**
 * The pod whose server takes pushes: while one replaces another, that is the one which is ready.
 * @param namespace of the server; unset: wherever the cluster has one
 * @param served the namespace of the Remote that it is about; unset: it is about none
 * @throws NotInstalled, UsageInvalid, ServerUnreachable, ClusterForbidden
 */
export async function servingPod(
  admin: KubeAdmin,
  namespace: string | undefined,
  served: string | undefined,
): Promise<PodContainer> {
  const installation = await findInstallation(admin, namespace, '--server-namespace', served);
  const pods = await serverPods(admin, installation);
  const { namespace: home, name } = installation;
  const [newest] = pods;
  if (!newest) throw unreachable(`deployment ${home}/${name} has no pod`, `kubectl -n ${home} describe deploy/${name}`);
  const ready = pods.find(({ trouble }) => trouble === undefined);
  if (ready) return { namespace: home, pod: ready.name, container: serverContainer };
  throw unreachable(
    `pod ${home}/${newest.name} is not ready: ${newest.trouble}`,
    `kubectl -n ${home} describe pod ${newest.name}`,
  );
}

function unreachable(message: string, look: string): GitkubeError {
  return new GitkubeError('ServerUnreachable', message, {
    hint: [`to see why, type: ${look}`, 'to see what the server lacks, type: gitkube doctor'],
  });
}
