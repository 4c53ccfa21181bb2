/** The cluster, engine and registry that a test drives; test/support/global-setup.ts brings them up and names them. */
export interface Rig {
  /** The state folder of the local cluster. */
  readonly state: string;
  readonly kubeconfig: string;
  /** `unix:///…` */
  readonly engine: string;
  /** `host:port`, the same name for engine, nodes and server. */
  readonly registry: string;
  /** This machine as pods and builds see it. */
  readonly hostAddress: string;
  /** Busybox: what Dockerfiles in tests start FROM. */
  readonly baseImage: string;
  /** The pinned programs that render manifests. This kubectl starts twice as fast as the cluster's own. */
  readonly helm: string;
  readonly kubectl: string;
}

export function rig(): Rig {
  const value = (name: string): string => {
    const found = process.env[name];
    if (!found) throw new Error(`${name} is not set: run these tests by npm test`);
    return found;
  };
  return {
    state: value('GITKUBE_RIG_STATE'),
    kubeconfig: value('GITKUBE_RIG_KUBECONFIG'),
    kubectl: value('GITKUBE_RIG_KUBECTL'),
    engine: value('GITKUBE_RIG_DOCKER'),
    registry: value('GITKUBE_RIG_REGISTRY'),
    hostAddress: value('GITKUBE_RIG_HOST_ADDRESS'),
    baseImage: value('GITKUBE_RIG_BASE_IMAGE'),
    helm: value('GITKUBE_RIG_HELM'),
  };
}
