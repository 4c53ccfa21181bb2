import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { GitkubeError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { splitAddress } from './address/public-address.ts';

export interface RegistryProxyOptions {
  /** `localhost:port`, the registry's name in image names. */
  readonly name: string;
  /** `host:port` that takes what is pushed to it. */
  readonly target: string;
  readonly log: Logger;
}

/**
 * Makes `localhost:<port>` the registry here, as it is on every node by a node port: so engine, server and nodes know an
 * image by one name, and all of them speak plain HTTP to it without a setting, because it is on the loopback interface.
 * A relay of bytes: the engine beside the server in the pod uses it, too.
 */
export async function startRegistryProxy({ name, target, log }: RegistryProxyOptions): Promise<AsyncDisposable> {
  const { host, port } = splitAddress(name);
  if (host !== 'localhost') {
    throw new GitkubeError('ConfigInvalid', `GITKUBE_REGISTRY_FORWARD is for a registry on localhost, not '${name}'`, {
      hint: 'unset it, or set GITKUBE_REGISTRY=localhost:<port>',
    });
  }
  const open = new Set<Socket>();
  const server = createServer((client) => relay(client, connect(splitAddress(target)), open, log));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((cause: NodeJS.ErrnoException) => {
    throw new GitkubeError('ConfigInvalid', `cannot listen on ${name} for the registry (${cause.code})`, { cause });
  });
  log.info({ name, target }, 'the registry is forwarded');
  return {
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

function relay(client: Socket, registry: Socket, open: Set<Socket>, log: Logger): void {
  for (const [from, to] of [
    [client, registry],
    [registry, client],
  ] as const) {
    open.add(from);
    from.on('close', () => open.delete(from));
    pipeline(from, to, (error) => error && log.debug({ err: error }, 'a connection to the registry broke'));
  }
}
