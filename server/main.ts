/** The wiring: every part is made here, handed its parts, and ended in the reverse order. Nothing else constructs. */
import { join } from 'node:path';
import { Applier } from '../applier/index.ts';
import type { Clock } from '../base/clock.ts';
import { GitkubeError, shuttingDown } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { Builder, createEngine, createRegistryClient, readCertificates } from '../builder/index.ts';
import { Deployer } from '../deployer/index.ts';
import { createKube, type Kube, type KubeObject, type Watch } from '../kube/index.ts';
import { EventRecorder, Remotes, StatusWriter } from '../remote-crd/index.ts';
import { abortAfter } from './abort-after.ts';
import { followService } from './address/follow-service.ts';
import { PublicAddress, splitAddress } from './address/public-address.ts';
import type { Config } from './config.ts';
import { prepareDataFolder } from './data-folder.ts';
import { lockDataFolder } from './data-lock.ts';
import { DeployReporter } from './deploy-reporter.ts';
import type { DeployContext } from './deploys/context.ts';
import { observers } from './deploys/events.ts';
import { PushQueue } from './deploys/queue.ts';
import { recoverOne } from './deploys/recover.ts';
import { startRecovery } from './deploys/recovery.ts';
import { startDriftRepair } from './drift/start.ts';
import { Repositories } from './git/repositories.ts';
import { GitGateway } from './git-gateway.ts';
import { hooksFolder } from './hooks-folder.ts';
import { Health, remotesProblem } from './http/health.ts';
import { HttpServer, text } from './http/http-server.ts';
import { startLeases } from './leases/start.ts';
import { tellRefusals } from './leases/tell-refusals.ts';
import { startLifecycle } from './lifecycle/start.ts';
import { farewellMs, finishMs, lastWordsMs, leaseMs, receiveLimits, restoreMs, sshLimits } from './limits.ts';
import type { Metrics } from './metrics/metrics.ts';
import { PushesUnderWay } from './receive/pushes-under-way.ts';
import { startRegistryProxy } from './registry-proxy.ts';
import { syncReleaseStatus } from './release-status-sync.ts';
import { type HostKey, loadHostKey } from './ssh/host-key.ts';
import { hostKeyFromSecret } from './ssh/host-key-secret.ts';
import { nativeCryptoLoaded, requireSafeCrypto } from './ssh/native-crypto.ts';
import { SshServer } from './ssh/server.ts';

export interface RunningServer extends AsyncDisposable {
  readonly sshPort: number;
}

export interface ServerOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly clock: Clock;
  /** The folder that holds `hooks/`. */
  readonly root: string;
  /** Of Gitkube, for the metrics. */
  readonly version: string;
  /** Ends a start that waits for the cluster; the server is not ready any more. */
  readonly signal: AbortSignal;
  /** Called when another server may work on the data folder: ends the process, with all that is under way. */
  readonly onDataLost: (error: GitkubeError) => void;
}

/** Starts everything and resolves when the first push can be taken. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, log, clock } = options;
  const stack = new AsyncDisposableStack();
  try {
    requireSafeCrypto();
    await prepareDataFolder(config.GITKUBE_DATA);
    const health = new Health('running', 'data', 'remotes', 'ssh');
    health.set('running', () => (options.signal.aborted ? 'shutting down' : undefined));
    const metrics = await serveHttp(options, health, stack);
    health.set('data', () => 'waiting for the server before this one to end');
    stack.use(await lockDataFolder({ ...options, folder: config.GITKUBE_DATA, onLost: options.onDataLost }));
    health.set('data', () => undefined);
    const kube = createKube({
      kubeconfig: config.GITKUBE_KUBECONFIG,
      context: config.GITKUBE_KUBE_CONTEXT,
      log,
      clock,
    });
    // A call that is still waiting for its answer would keep the process.
    stack.defer(() => kube.close());
    const hostKey = await findHostKey(options, kube);
    const { signal: stopWaiting } = stack.use(abortAfter(options.signal, restoreMs(config), clock));
    const deployer = new Deployer({ kube, clock, log, stopWaiting });
    const applier = makeApplier(options, kube);
    await applier.clean();
    const repositories = new Repositories(config.GITKUBE_DATA, log);
    const leases = await startLeases({ config, kube, clock, log }, stack);
    const remotes = new Remotes({ kube, log, namespaces: config.GITKUBE_NAMESPACES, ownership: leases });
    const watching = stack.adopt(new AbortController(), (controller) => controller.abort(shuttingDown()));
    health.set('remotes', () => remotesProblem(remotes));
    options.signal.throwIfAborted();
    const giveUp = () => watching.abort(options.signal.reason);
    options.signal.addEventListener('abort', giveUp);
    await remotes.start(watching.signal);
    await leases.allTried(AbortSignal.any([watching.signal, AbortSignal.timeout(leaseMs)])).catch(() => {});
    // From here on the watch lives as long as there are pushes, also those that are finished after the signal.
    options.signal.removeEventListener('abort', giveUp);

    const address = new PublicAddress(config.GITKUBE_PUBLIC_ADDRESS);
    const events = new EventRecorder({ kube, clock, log });
    const status = new StatusWriter({
      kube,
      remotes,
      clock,
      log,
      remoteUrl: (remote) => address.of(remote),
      hasDefaultRegistry: config.GITKUBE_REGISTRY !== undefined,
    });
    stack.defer(async () => {
      const over = AbortSignal.timeout(lastWordsMs(config));
      await Promise.all([status.end(over), events.flush(over)]);
    });
    stack.defer(tellRefusals({ remotes, events, name: leases.name, log }));
    const announcer = new DeployReporter(status, events, remotes);
    const queue = new PushQueue(config.GITKUBE_MAX_PUSHES);
    const context: DeployContext = {
      kube,
      remotes,
      repositories,
      builder: stack.use(await makeBuilder(options)),
      deployer,
      applier,
      queue,
      recover: async (repository) => void (await recoverOne({ deployer, applier, clock, log }, repository, 1)),
      observer: observers(log, announcer, ...(metrics ? [metrics] : [])),
      receiveLimits: receiveLimits(config, await hooksFolder(options.root)),
      defaultRegistry: config.GITKUBE_REGISTRY,
      clock,
      log,
    };
    // Before the first push is taken: each Remote waits until its workloads and its branch agree again.
    stack.use(await startRecovery({ ...context, observer: announcer, ownership: leases }));
    const service = await followAddress(options, address, kube, watching.signal);
    const pushes = new PushesUnderWay();
    const keeping = startLifecycle({
      context,
      kube,
      remotes,
      dataFolder: config.GITKUBE_DATA,
      days: config.GITKUBE_TRASH_DAYS,
      finalizers: config.GITKUBE_NAMESPACES.length === 0,
      upkeepSeconds: config.GITKUBE_UPKEEP_SECONDS,
      drain: (id, uid) =>
        pushes.drainRemote(id, uid, new GitkubeError('RemoteUnknown', `the Remote ${id} was deleted`)),
    });
    const maxFetchMs = config.GITKUBE_FETCH_TIMEOUT_SECONDS * 1000;
    const backend = new GitGateway({ context, remotes, keeper: keeping.keeper, pushes, address, maxFetchMs });
    const ssh = new SshServer({
      hostKey,
      limits: sshLimits(config),
      findKey: (fingerprint) => remotes.key(fingerprint),
      backend,
      log,
      onLogin: (result) => metrics?.login(result),
    });
    await forwardedRegistry(options, stack);
    const { host, port } = splitAddress(config.GITKUBE_SSH_LISTEN);
    const sshPort = await ssh.listen(host, port);
    stack.defer(() => ssh.close(farewellMs(config)));
    health.set('ssh', () => undefined);
    metrics?.measure({ queue, remotes, ssh, watches: service ? [service] : [] });
    address.listensOn(host, sshPort);
    status.start(watching.signal);
    address.onChange(() => status.lookAgain());
    stack.defer(syncReleaseStatus({ remotes, repositories, announcer, clock, log }));
    const seconds = config.GITKUBE_RECONCILE_SECONDS;
    const driftObservers = [announcer, ...(metrics ? [metrics] : [])];
    const reconciling = startDriftRepair({ context, remotes, status, observers: driftObservers, seconds });
    const stopWork = () => [backend.stop(finishMs(config)), reconciling[Symbol.asyncDispose]()];
    stack.defer(async () => void (await Promise.all(stopWork())));
    stack.use(keeping.start());

    if (!nativeCryptoLoaded()) log.warn("ssh2's native crypto addon is missing: uploads are 6 to 10 times slower");
    log.info({ port: sshPort, hostKey: hostKey.fingerprint, remotes: remotes.all().length }, 'ready');
    return { sshPort, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** Open before anything else, so that probes are answered while the server waits for the cluster. */
async function serveHttp(
  { config, log, version }: ServerOptions,
  health: Health,
  stack: AsyncDisposableStack,
): Promise<Metrics | undefined> {
  if (config.GITKUBE_HTTP_LISTEN === undefined) return undefined;
  // Loaded only where somebody can ask for them: they take memory and time at the start.
  const { Metrics } = await import('./metrics/metrics.ts');
  const metrics = new Metrics(version);
  const routes = {
    '/healthz': () => text(200, 'ok'),
    '/readyz': () => health.answer(),
    '/metrics': async () => ({ status: 200, ...(await metrics.text()) }),
  };
  const http = stack.use(new HttpServer(routes, log));
  const { host, port } = splitAddress(config.GITKUBE_HTTP_LISTEN);
  log.info({ httpPort: await http.listen(host, port) }, 'probes and metrics are served');
  return metrics;
}

function findHostKey({ config, clock, log, signal }: ServerOptions, kube: Kube): Promise<HostKey> {
  const path = join(config.GITKUBE_DATA, 'ssh_host_ed25519_key');
  const secret = config.GITKUBE_HOST_KEY_SECRET;
  return secret ? hostKeyFromSecret({ kube, secret, path, clock, log, signal }) : loadHostKey(path);
}

async function followAddress(
  { config, clock, log }: ServerOptions,
  address: PublicAddress,
  kube: Kube,
  signal: AbortSignal,
): Promise<Watch<KubeObject> | undefined> {
  const { GITKUBE_SERVICE: service, GITKUBE_PUBLIC_ADDRESS: configured } = config;
  if (!service || configured) return undefined;
  return followService({ kube, service, clock, log, signal, tell: (found) => address.serviceSays(found) });
}

function makeApplier({ config, clock, log }: ServerOptions, kube: Kube): Applier {
  const tools = { helm: config.GITKUBE_HELM, kubectl: config.GITKUBE_KUBECTL };
  return new Applier({ kube, clock, log, tools, scratch: join(config.GITKUBE_DATA, 'manifests') });
}

async function forwardedRegistry({ config, log }: ServerOptions, stack: AsyncDisposableStack): Promise<void> {
  const target = config.GITKUBE_REGISTRY_FORWARD;
  if (target !== undefined) stack.use(await startRegistryProxy({ name: config.GITKUBE_REGISTRY ?? '', target, log }));
}

async function makeBuilder({ config, clock, log }: ServerOptions): Promise<Builder> {
  const folder = config.GITKUBE_ENGINE_CERTIFICATES;
  return new Builder({
    engine: createEngine({
      host: config.GITKUBE_ENGINE,
      ...(folder === undefined ? {} : { tls: await readCertificates(folder) }),
      ...(config.GITKUBE_BUILD_NETWORK === undefined ? {} : { network: config.GITKUBE_BUILD_NETWORK }),
      log,
    }),
    registry: createRegistryClient({
      insecureRegistries: config.GITKUBE_INSECURE_REGISTRIES,
      defaultRegistry: config.GITKUBE_REGISTRY,
      clock,
      log,
    }),
    clock,
    log,
    limits: {
      concurrentBuilds: config.GITKUBE_MAX_BUILDS,
      maxContextBytes: config.GITKUBE_MAX_CONTEXT_BYTES,
      buildTimeoutMs: config.GITKUBE_BUILD_TIMEOUT_SECONDS * 1000,
      pushTimeoutMs: config.GITKUBE_IMAGE_PUSH_TIMEOUT_SECONDS * 1000,
      pushStallMs: config.GITKUBE_IMAGE_PUSH_STALL_SECONDS * 1000,
    },
  });
}
