import { type Installation, type ServerPod, serverPod } from '../installation.ts';
import type { Check } from './finding.ts';
import { fail, notLookedAt, ok } from './finding.ts';

/** Whether the server runs, as the cluster reports it. */
export function serverCheck(installation: Installation): Check {
  return {
    name: 'server',
    run: async ({ admin }) => {
      if (!admin) return [notLookedAt()];
      const { namespace, name } = installation;
      const pod = await serverPod(admin, installation);
      if (pod === undefined) {
        return [
          fail(
            `deployment ${namespace}/${name} has no pod`,
            `kubectl -n ${namespace} describe deploy/${name}`,
            `kubectl -n ${namespace} scale deploy/${name} --replicas=1`,
          ),
        ];
      }
      if (pod.trouble === undefined) return [ok(`pod ${namespace}/${pod.name} is ready`)];
      return [fail(`pod ${namespace}/${pod.name} is not ready: ${pod.trouble}`, ...looks(namespace, pod))];
    },
  };
}

function looks(namespace: string, { name }: ServerPod): string[] {
  return [
    `kubectl -n ${namespace} describe pod ${name}`,
    `kubectl -n ${namespace} logs ${name} --all-containers --prefix --tail=20`,
  ];
}
