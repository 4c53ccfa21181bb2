import { shuttingDown } from '../../base/errors.ts';
import type { Kube } from '../../kube/index.ts';
import { Remotes } from '../../remote-crd/index.ts';
import { type Health, remotesProblem } from '../http/health.ts';
import { startLeases } from '../leases/start.ts';
import { leaseMs } from '../limits.ts';
import type { ServerOptions } from './options.ts';

/**
 * Resolves when the Remotes are known, and for each namespace which server serves it.
 * @returns with what ends with the watch: it lives as long as there are pushes, also those that are finished after the
 * signal to stop
 */
export async function watchRemotes(options: ServerOptions, kube: Kube, health: Health, stack: AsyncDisposableStack) {
  const { config, clock, log, signal } = options;
  const leases = await startLeases({ config, kube, clock, log }, stack);
  const remotes = new Remotes({ kube, log, namespaces: config.GITKUBE_NAMESPACES, ownership: leases });
  const watching = stack.adopt(new AbortController(), (controller) => controller.abort(shuttingDown()));
  health.set('remotes', () => remotesProblem(remotes));
  signal.throwIfAborted();
  const giveUp = () => watching.abort(signal.reason);
  signal.addEventListener('abort', giveUp);
  await remotes.start(watching.signal);
  await leases.allTried(AbortSignal.any([watching.signal, AbortSignal.timeout(leaseMs)])).catch(() => {});
  signal.removeEventListener('abort', giveUp);
  return { leases, remotes, watching: watching.signal };
}
