import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'js-yaml';

interface KubeConfigFile {
  readonly clusters: { cluster: { server: string; 'tls-server-name'?: string } }[];
}

/** A TCP proxy in front of the API server whose connections can be reset, as a load balancer that fails would. */
export class CuttableProxy implements AsyncDisposable {
  readonly kubeconfig: string;
  readonly #server: Server;
  readonly #folder: string;
  readonly #sockets: Set<Socket>;

  private constructor(kubeconfig: string, folder: string, server: Server, sockets: Set<Socket>) {
    this.kubeconfig = kubeconfig;
    this.#folder = folder;
    this.#server = server;
    this.#sockets = sockets;
  }

  /** @param kubeconfig of the API server behind it */
  static async start(kubeconfig: string): Promise<CuttableProxy> {
    const config = load(await readFile(kubeconfig, 'utf8')) as KubeConfigFile;
    const cluster = config.clusters[0]?.cluster;
    if (!cluster) throw new Error(`no cluster in ${kubeconfig}`);
    const target = new URL(cluster.server);
    const sockets = new Set<Socket>();
    const server = createServer((client) => {
      const upstream = connect(Number(target.port || 443), target.hostname);
      for (const socket of [client, upstream]) {
        sockets.add(socket);
        socket.on('error', () => {}).on('close', () => sockets.delete(socket));
      }
      client.pipe(upstream).pipe(client);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const folder = await mkdtemp(join(tmpdir(), 'gitkube-proxy-'));
    const path = join(folder, 'kubeconfig');
    cluster.server = `https://127.0.0.1:${port}`;
    cluster['tls-server-name'] = target.hostname;
    await writeFile(path, JSON.stringify(config));
    return new CuttableProxy(path, folder, server, sockets);
  }

  /** Resets every connection; new ones are taken. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cut();
    await closed;
    await rm(this.#folder, { recursive: true, force: true });
  }
}
