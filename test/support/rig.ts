/** The cluster, engine and registry that a test drives; test/e2e/global-setup.ts brings them up and names them. */
export interface Rig {
  /** The state folder of the local cluster. */
  readonly state: string;
  readonly kubeconfig: string;
  readonly kubectl: string;
  /** `unix:///…` */
  readonly engine: string;
  /** `host:port`, the same name for engine, nodes and server. */
  readonly registry: string;
  /** Busybox: what Dockerfiles in tests start FROM. */
  readonly baseImage: string;
  /** The pinned programs that render manifests: helm, and a plain kubectl for `kubectl kustomize`. */
  readonly helm: string;
  readonly kustomize: string;
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
    baseImage: value('GITKUBE_RIG_BASE_IMAGE'),
    helm: value('GITKUBE_RIG_HELM'),
    kustomize: value('GITKUBE_RIG_KUSTOMIZE'),
  };
}
