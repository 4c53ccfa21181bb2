import { KubeConfig } from '@kubernetes/client-node';
import { GitkubeError } from '../base/errors.ts';

/**
 * The way to the API server: the given kubeconfig file, else `$KUBECONFIG`, `~/.kube/config`, or the service account of
 * the pod. Throws `ConfigInvalid` at start rather than at the first call.
 * @param context unset: the current one of the kubeconfig
 */
export function loadKubeConfig(file: string | undefined, context?: string): KubeConfig {
  const config = new KubeConfig();
  try {
    if (file === undefined) config.loadFromDefault();
    else config.loadFromFile(file);
  } catch (cause) {
    throw unusable(file, cause);
  }
  if (context !== undefined) useContext(config, context);
  const cluster = config.getCurrentCluster();
  if (!cluster) {
    throw new GitkubeError('ConfigInvalid', 'the kubeconfig has no current context with a cluster', {
      hint: 'kubectl config get-contexts',
    });
  }
  // The client library refuses plain http, too, but only at the first call.
  if (!cluster.server.startsWith('https:') && !cluster.skipTLSVerify) {
    throw new GitkubeError('ConfigInvalid', `no kubeconfig with an https server is given (found ${cluster.server})`, {
      hint: 'name one with --kubeconfig or $KUBECONFIG, or run in a pod with a service account',
    });
  }
  return config;
}

function unusable(file: string | undefined, cause: unknown): GitkubeError {
  const { code = '', path } = cause as { code?: string; path?: string };
  const why = { ENOENT: 'does not exist', EACCES: 'may not be read', EISDIR: 'is a folder' }[code];
  const name = file ?? path ?? '';
  return new GitkubeError('ConfigInvalid', `the kubeconfig ${name} ${why ?? 'cannot be parsed'}`.replace('  ', ' '), {
    hint: why
      ? 'name another one with --kubeconfig or $KUBECONFIG'
      : `to see what is wrong with it, type: kubectl config view --kubeconfig=${name || '<file>'}`,
    cause,
  });
}

function useContext(config: KubeConfig, context: string): void {
  const names = config.getContexts().map(({ name }) => name);
  if (!names.includes(context)) {
    throw new GitkubeError('ConfigInvalid', `the kubeconfig has no context ${context}`, {
      hint: names.length === 0 ? 'kubectl config get-contexts' : `it has: ${names.join(', ')}`,
    });
  }
  config.setCurrentContext(context);
}

/** The contexts of a kubeconfig file, found as `loadKubeConfig` finds it. Throws what the library throws. */
export function contextNames(file: string | undefined): string[] {
  const config = new KubeConfig();
  if (file === undefined) config.loadFromDefault();
  else config.loadFromFile(file);
  return config.getContexts().map(({ name }) => name);
}
