/**
 * The wiring: every part is created here, or in wiring/ for one area, gets its parts, and is ended in the reverse order.
 * Nothing else constructs.
 */
import { Deployer } from '../deployer/index.ts';
import { abortAfter } from './abort-after.ts';
import { prepareDataFolder } from './data-folder.ts';
import { lockDataFolder } from './data-lock.ts';
import type { DeployContext } from './deploys/context.ts';
import { PushQueue } from './deploys/queue.ts';
import { recoverOne } from './deploys/recover.ts';
import { startRecovery } from './deploys/recovery.ts';
import { Repositories } from './git/repositories.ts';
import { hooksFolder } from './hooks-folder.ts';
import type { Health } from './http/health.ts';
import { receiveLimits, restoreMs } from './limits.ts';
import { syncReleaseStatus } from './release-status-sync.ts';
import { nativeCryptoLoaded, requireSafeCrypto } from './ssh/native-crypto.ts';
import { syncDatabaseAhead } from './tasks/database-ahead-sync.ts';
import { findHostKey, followAddress, listen, publicAddress, serveHttp } from './wiring/front.ts';
import { makeGateways } from './wiring/gateways.ts';
import type { ServerOptions } from './wiring/options.ts';
import { watchRemotes } from './wiring/remotes.ts';
import { startReports } from './wiring/reports.ts';
import { forwardedRegistry, makeApplier, makeBuilder, makeEnvStore, makeKube, makeTasks } from './wiring/tools.ts';
import { makeWork, startWork } from './wiring/work.ts';

export interface RunningServer extends AsyncDisposable {
  readonly sshPort: number;
}

/** Starts everything and resolves when the first push can be taken. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, log, clock } = options;
  const stack = new AsyncDisposableStack();
  try {
    requireSafeCrypto();
    await prepareDataFolder(config.GITKUBE_DATA);
    const { health, metrics } = await serveHttp(options, stack);
    await openDataFolder(options, health, stack);
    const kube = makeKube(options, stack);
    const hostKey = await findHostKey(options, kube);
    const { signal: stopWaiting } = stack.use(abortAfter(options.signal, restoreMs(config), clock));
    const deployer = new Deployer({ kube, clock, log, stopWaiting });
    const applier = makeApplier(options, kube);
    await applier.clean();
    const env = makeEnvStore(options, kube);
    const repositories = new Repositories(config.GITKUBE_DATA, log);
    const { leases, remotes, watching } = await watchRemotes(options, kube, health, stack);
    const address = publicAddress(config);
    const { bus, audit, events, status, reporter, records, onceReported } = startReports(
      options,
      { kube, remotes, repositories, address, metrics, name: leases.name },
      stack,
    );
    const tasks = makeTasks(options, kube, { repositories, events: bus, stopWaiting });
    const queue = new PushQueue(config.GITKUBE_MAX_PUSHES);
    const context: DeployContext = {
      kube,
      remotes,
      repositories,
      builder: stack.use(await makeBuilder(options, leases.name)),
      deployer,
      applier,
      env,
      tasks,
      queue,
      audit,
      recover: async (repository, own, more) =>
        (await recoverOne({ deployer, applier, env, tasks, clock, log, ...more }, repository, own))?.remains ?? [],
      events: bus,
      onceReported,
      receiveLimits: receiveLimits(config, await hooksFolder(options.root)),
      defaultRegistry: config.GITKUBE_REGISTRY,
      urlForm: (by) => (by?.grant ? address.httpsForm : address.form),
      docsUrl: config.GITKUBE_DOCS_URL,
      clock,
      log,
    };
    // Before the first push is taken: each Remote waits until its workloads and its branch agree again.
    stack.use(await startRecovery({ ...context, ownership: leases }));
    const service = await followAddress(options, address, kube, watching);
    const work = makeWork(options, { context, kube, remotes, bus });
    const gateways = makeGateways(options, { ...work, kube, audit, events, context, remotes, records });
    await forwardedRegistry(options, stack);
    const doors = { kube, audit, status, hostKey, remotes, gateways, address, metrics, health };
    const { ssh, host, port } = await listen(options, doors, stack);
    metrics?.measure({ queue, remotes, ssh, watches: service ? [service] : [] });
    address.listensOn(host, port);
    status.start(watching);
    address.onChange(() => status.lookAgain());
    stack.defer(syncReleaseStatus({ remotes, repositories, reporter, clock, log }));
    stack.defer(syncDatabaseAhead({ remotes, repositories, status, bus, clock, log }));
    startWork(options, { context, remotes, bus, status }, work, stack);

    if (!nativeCryptoLoaded()) log.warn("ssh2's native crypto addon is missing: uploads are 6 to 10 times slower");
    log.info(
      {
        port,
        hostKey: hostKey.fingerprint,
        remotes: remotes.count,
      },
      'ready',
    );
    return { sshPort: port, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** Waits for the previous server to end. */
async function openDataFolder(
  { config, log, clock, signal, onDataLost: onLost }: ServerOptions,
  health: Health,
  stack: AsyncDisposableStack,
): Promise<void> {
  health.set('data', () => 'waiting for the previous server to end');
  stack.use(await lockDataFolder({ folder: config.GITKUBE_DATA, log, clock, signal, onLost }));
  health.set('data', () => undefined);
}
