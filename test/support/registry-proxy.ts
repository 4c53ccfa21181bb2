import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  request as requestHttp,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { findCapsule } from '../cluster/capsule.ts';
import { rig } from './rig.ts';

/** `pass` hands the request on, `stall` takes all of it and never answers; a number is the status of an answer. */
export type RegistryFault = 'pass' | 'stall' | number;

/**
 * In front of the rig's registry, on the loopback interface of this machine and of the engine, where both speak plain HTTP to
 * it: does to single requests what a registry that fails would.
 */
export class RegistryProxy implements AsyncDisposable {
  readonly host: string;
  /** `PUT /v2/…`, as they came. */
  readonly requests: string[] = [];
  /** The request is kept until it is decided. */
  fault: (request: IncomingMessage) => RegistryFault | Promise<RegistryFault> = () => 'pass';
  readonly #server: Server;
  readonly #relay: ChildProcess | undefined;

  private constructor(server: Server, relay: ChildProcess | undefined) {
    this.host = `127.0.0.1:${portOf(server)}`;
    this.#relay = relay;
    this.#server = server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
      this.requests.push(`${request.method} ${request.url?.split('?')[0]}`);
      const fault = await this.fault(request);
      if (response.destroyed) return;
      if (fault === 'pass') handOn(request, response);
      else if (fault === 'stall') request.resume();
      else request.resume().on('end', () => response.writeHead(fault).end());
    });
  }

  static async start(): Promise<RegistryProxy> {
    for (;;) {
      const server = createServer({ requestTimeout: 0 }).listen(0);
      await once(server, 'listening');
      const relay = await relayForEngine(portOf(server));
      if (relay !== 'taken') return new RegistryProxy(server, relay);
      server.close();
    }
  }

  /** Nobody listens any more, and every connection is cut. */
  async stop(): Promise<void> {
    const relay = this.#relay;
    // A signal to the whole group, as of Ctrl-C, has ended it already.
    const runs = relay !== undefined && relay.exitCode === null && relay.signalCode === null;
    const ended = [once(this.#server, 'close'), ...(runs ? [once(relay, 'exit')] : [])];
    relay?.kill();
    this.#server.close();
    this.#server.closeAllConnections();
    await Promise.all(ended);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.stop();
  }
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** An engine of the rig has a loopback interface of its own, where this makes the proxy appear if nobody has the port there. */
async function relayForEngine(port: number): Promise<ChildProcess | 'taken' | undefined> {
  const capsule = findCapsule(rig().state);
  if (!capsule) return undefined;
  const program = `
    const { connect, createServer } = require('node:net');
    const { pipeline } = require('node:stream');
    createServer((client) => {
      const proxy = connect(${port}, '${rig().hostAddress}');
      pipeline(client, proxy, () => {});
      pipeline(proxy, client, () => {});
    }).on('error', ({ code }) => console.log(code)).listen(${port}, '127.0.0.1', () => console.log('listening'));`;
  const enter = [`--target=${capsule.init.pid}`, '--net', '--', process.execPath, '-e', program];
  const relay = spawn('nsenter', enter, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = await once(relay.stdout, 'data');
  if (String(said).trim() === 'listening') return relay;
  if (String(said).trim() !== 'EADDRINUSE') throw new Error(`the relay of the engine ended: ${said}`);
  return 'taken';
}

/** With the `Host` that the client used: the registry names places for uploads by it. */
function handOn(request: IncomingMessage, response: ServerResponse): void {
  const asked = requestHttp(new URL(request.url ?? '', `http://${rig().registry}`), {
    method: request.method,
    headers: request.headers,
  });
  asked.on('error', () => response.destroy());
  asked.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 0, answer.headers);
    answer.on('error', () => response.destroy());
    answer.pipe(response);
  });
  response.on('close', () => asked.destroy());
  request.pipe(asked);
}
