import { join } from 'node:path';
import type { Kube, KubeObject, Watch } from '../../kube/index.ts';
import type { Remotes, StatusWriter } from '../../remote-crd/index.ts';
import type { Audit } from '../access/audit.ts';
import { followService } from '../address/follow-service.ts';
import { PublicAddress, splitAddress } from '../address/public-address.ts';
import { greeting } from '../gateways/greeting.ts';
import { Health } from '../http/health.ts';
import { HttpServer, text } from '../http/http-server.ts';
import { farewellMs, sshLimits } from '../limits.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { SocketServer } from '../socket/socket-server.ts';
import type { SshBackend } from '../ssh/backend.ts';
import { type HostKey, loadHostKey } from '../ssh/host-key.ts';
import { hostKeyFromSecret } from '../ssh/host-key-secret.ts';
import { SshServer } from '../ssh/server.ts';
import type { Gateways } from './gateways.ts';
import { serveGitHttp } from './git-http.ts';
import type { ServerOptions } from './options.ts';

/** Open before anything else, so that probes are answered while the server waits for the cluster. */
export async function serveHttp(
  { config, log, version, signal }: ServerOptions,
  stack: AsyncDisposableStack,
): Promise<{ health: Health; metrics: Metrics | undefined }> {
  const health = new Health('running', 'data', 'remotes', 'ssh');
  health.set('running', () => (signal.aborted ? 'shutting down' : undefined));
  if (config.GITKUBE_HTTP_LISTEN === undefined) return { health, metrics: undefined };
  // Loaded only where somebody can ask for them: they take memory and time at the start.
  const { Metrics } = await import('../metrics/metrics.ts');
  const metrics = new Metrics(version);
  const routes = {
    '/healthz': () => text(200, 'ok'),
    '/readyz': () => health.answer(),
    '/metrics': async () => ({ status: 200, ...(await metrics.text()) }),
  };
  const http = stack.use(new HttpServer(routes, log));
  const { host, port } = splitAddress(config.GITKUBE_HTTP_LISTEN);
  log.info({ httpPort: await http.listen(host, port) }, 'probes and metrics are served');
  return { health, metrics };
}

/** What clients know this server by. */
export function findHostKey({ config, clock, log, signal }: ServerOptions, kube: Kube): Promise<HostKey> {
  const path = join(config.GITKUBE_DATA, 'ssh_host_ed25519_key');
  const secret = config.GITKUBE_HOST_KEY_SECRET;
  return secret ? hostKeyFromSecret({ kube, secret, path, clock, log, signal }) : loadHostKey(path);
}

/** As far as the settings say it. */
export function publicAddress({
  GITKUBE_PUBLIC_ADDRESS: configured,
  GITKUBE_GIT_HTTPS_LISTEN: listen,
  GITKUBE_GIT_HTTPS_URL: https,
}: ServerOptions['config']): PublicAddress {
  return new PublicAddress(configured, listen === undefined ? undefined : https);
}

/** Follows the Service of the SSH port. @returns undefined where the address is given, or not known to anybody */
export async function followAddress(
  { config, clock, log }: ServerOptions,
  address: PublicAddress,
  kube: Kube,
  signal: AbortSignal,
): Promise<Watch<KubeObject> | undefined> {
  const { GITKUBE_SERVICE: service, GITKUBE_PUBLIC_ADDRESS: configured } = config;
  if (!service || configured) return undefined;
  return followService({ kube, service, clock, log, signal, onFound: (found) => address.serviceSays(found) });
}

export interface ListenParts {
  readonly kube: Kube;
  readonly hostKey: HostKey;
  readonly remotes: Remotes;
  readonly gateways: Gateways;
  readonly audit: Audit;
  readonly status: StatusWriter;
  readonly address: PublicAddress;
  readonly metrics: Metrics | undefined;
  readonly health: Health;
}

/** Takes connections from here on. @returns where, too: port 0 chooses one */
export async function listen(
  { config, clock, log, version }: ServerOptions,
  { kube, hostKey, remotes, gateways, audit, status, address, metrics, health }: ListenParts,
  stack: AsyncDisposableStack,
) {
  const { git, deploys, states, control, diffs, env, keys, locks, logs, runs } = gateways;
  const backend: SshBackend = {
    fetch: (...asked) => git.fetch(...asked),
    push: (...asked) => git.push(...asked),
    lfsUrl: (...asked) => git.lfsUrl(...asked),
    deploys,
    states,
    control,
    diffs,
    env,
    keys,
    locks,
    logs,
    runs,
    get urlForm() {
      return address.form;
    },
    greet: (principal) => greeting({ remotes, address, clock }, principal),
  };
  const limits = sshLimits(config);
  const ssh = new SshServer({
    hostKey,
    limits,
    findKey: (fingerprint) => remotes.key(fingerprint),
    backend,
    log,
    onLogin: (result) => metrics?.login(result),
  });
  const { host, port: wanted } = splitAddress(config.GITKUBE_SSH_LISTEN);
  const port = await ssh.listen(host, wanted);
  const { unreadMs, silentMs } = limits;
  const socket = new SocketServer({ folder: config.GITKUBE_DATA, backend, version, unreadMs, silentMs, log });
  const doors: { close(graceMs: number): Promise<void> }[] = [ssh, socket];
  stack.defer(async () => void (await Promise.all(doors.map((door) => door.close(farewellMs(config))))));
  await socket.listen();
  const https = await serveGitHttp({ config, clock, log }, { gateways, remotes, address, audit, kube, status }, stack);
  if (https) doors.push(https);
  health.set('ssh', () => undefined);
  return { ssh, host, port };
}
