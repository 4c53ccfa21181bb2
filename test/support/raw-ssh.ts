import type { Socket } from 'node:net';
import ssh2, { type Client, type ConnectConfig, type ExecOptions } from 'ssh2';
import { must } from './command.ts';

/** What ssh2's client uses itself: packets without the checks of its public side. */
interface Protocol {
  session(channel: number, window: number, maxPacket: number): void;
  exec(channel: number, command: string, wantReply: boolean): void;
  shell(channel: number, wantReply: boolean): void;
  channelData(channel: number, data: Buffer): void;
  channelWindowAdjust(channel: number, bytes: number): void;
  channelClose(channel: number): void;
  rekey(): void;
  /** A global request that wants a reply. */
  ping(): void;
  authPK(user: string, key: Buffer, algorithm: string | undefined): void;
  readonly _packetRW: {
    readonly write: { alloc(bytes: number): Buffer; allocStart: number; finalize(packet: Buffer): Buffer };
  };
  readonly _cipher: { encrypt(packet: Buffer): void };
}

/** An SSH client that does what no client should. */
export class RawSsh implements Disposable {
  readonly client: Client;
  readonly protocol: Protocol;
  readonly socket: Socket;
  readonly closed: Promise<unknown>;

  private constructor(client: Client) {
    const inside = client as unknown as { _protocol: Protocol; _sock: Socket };
    this.client = client;
    this.protocol = inside._protocol;
    this.socket = inside._sock;
    this.closed = new Promise((resolve) => this.socket.once('close', resolve));
  }

  /** With a verified key. */
  static connect(port: number, config: ConnectConfig): Promise<RawSsh> {
    return RawSsh.#connect('ready', { port, ...config });
  }

  /** With encryption and without any key shown. */
  static stranger(port: number): Promise<RawSsh> {
    return RawSsh.#connect('handshake', { port, authHandler: () => undefined as never });
  }

  static #connect(event: 'ready' | 'handshake', config: ConnectConfig): Promise<RawSsh> {
    const client = new ssh2.Client();
    return new Promise((resolve, reject) => {
      // An agent that does not sign gives an error, and the next key is tried. After `ready` nobody waits any more.
      client.on('error', (error) => ('level' in error && error.level === 'agent') || reject(error));
      client.on(event as 'ready', () => resolve(new RawSsh(client)));
      // Its own limit of 20 s would end a handshake on a busy machine, and look as if the server had hung up.
      client.connect({ host: '127.0.0.1', username: 'git', readyTimeout: 90_000, ...config });
    });
  }

  /** Any packet. */
  send(type: number, body: Buffer): void {
    const { write } = this.protocol._packetRW;
    const packet = write.alloc(1 + body.length);
    packet[write.allocStart] = type;
    body.copy(packet, write.allocStart + 1);
    this.protocol._cipher.encrypt(write.finalize(packet));
  }

  /** Runs a command; both resolve when the server has closed the channel. */
  async exec(command: string, options: ExecOptions = {}): Promise<RawCommand> {
    const channel = await new Promise<ssh2.ClientChannel>((resolve, reject) => {
      this.client.exec(command, options, (error, opened) => (error ? reject(error) : resolve(opened)));
    });
    let text = '';
    channel.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    channel.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    const output = new Promise<string>((resolve) => channel.on('close', () => resolve(text)));
    return { channel, output };
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

export interface RawCommand {
  readonly channel: ssh2.ClientChannel;
  readonly output: Promise<string>;
}

/** A push as git's client sends it, in two parts: everything but the end of the pack, and that end. */
export async function packedPush(repository: string, oldOid: string, newOid: string, ref: string) {
  const command = `${oldOid} ${newOid} ${ref}\0 report-status side-band-64k`;
  const head = `${(command.length + 4).toString(16).padStart(4, '0')}${command}0000`;
  const hex = await must('sh', ['-c', 'git pack-objects --stdout --revs -q | od -An -v -tx1'], {
    cwd: repository,
    input: `${newOid}\n`,
  });
  const pack = Buffer.from(hex.replace(/\s/g, ''), 'hex');
  return { begin: Buffer.concat([Buffer.from(head), pack.subarray(0, -30)]), end: pack.subarray(-30) };
}
