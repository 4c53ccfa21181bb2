import type { Socket } from 'node:net';
import type { GitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { kubernetesUser } from '../access/principal.ts';
import type { CommandBackend } from '../commands/backend.ts';
import { textCommands } from '../commands/index.ts';
import { runCommand } from '../commands/run-command.ts';
import { clientChannel } from './client-channel.ts';
import { type Frame, FrameReader, frame, toClient, toServer } from './frames.ts';
import { Input } from './input.ts';
import type { Hello } from './reply.ts';
import { type Request, readRequest, readSize } from './request.ts';
import { ClientTerminal } from './terminal.ts';

export interface ClientOptions {
  readonly backend: CommandBackend;
  /** Of Gitkube. */
  readonly version: string;
  /** Milliseconds that a client may leave what it is sent unread. */
  readonly unreadMs: number;
  /** Milliseconds without a sign of life after which a client counts as gone. */
  readonly silentMs: number;
  readonly log: Logger;
}

/** How long a client may take to ask for something. */
const requestMs = 10_000;

/** Of output one write is under way; replies to a client that sends and never reads come on top. */
const maxUnsent = 1024 * 1024;

/** One client of the socket: one command. It ends with the connection, and the connection with it. */
export class ClientSession {
  readonly #socket: Socket;
  readonly #options: ClientOptions;
  readonly #refusal: GitkubeError | undefined;
  readonly #left = new AbortController();
  readonly #input: Input;
  #terminal: ClientTerminal | undefined;
  #isAsked = false;
  #silent: NodeJS.Timeout;

  /** @param refusal why nothing is done for it */
  constructor(socket: Socket, options: ClientOptions, refusal?: GitkubeError) {
    this.#socket = socket;
    this.#options = options;
    this.#refusal = refusal;
    this.#input = new Input((bytes) => this.#send(toClient.taken, bytes));
    this.#silent = setTimeout(() => socket.destroy(), requestMs);
    const reader = new FrameReader();
    socket.on('error', (err) => options.log.debug({ err }, 'the connection of a command broke'));
    socket.on('data', (chunk: Buffer) => this.#read(reader, chunk));
    // The end of stdin is a frame: a client that ends its side has left.
    socket.once('end', () => this.#leave());
    socket.once('close', () => this.#leave());
    const hello: Hello = { version: options.version };
    this.#send(toClient.hello, hello);
  }

  #read(reader: FrameReader, chunk: Buffer): void {
    if (this.#isAsked) this.#silent.refresh();
    if (this.#socket.writableLength > maxUnsent) return void this.#socket.destroy();
    try {
      for (const one of reader.push(chunk)) this.#take(one);
    } catch (err) {
      this.#options.log.debug({ err }, 'a client of the socket does not speak its language');
      this.#socket.destroy();
    }
  }

  /** @throws when the client may not send that */
  #take({ kind, payload }: Frame): void {
    if (kind === toServer.request) this.#begin(readRequest(payload));
    else if (kind === toServer.resize) this.#terminal?.resize(readSize(payload));
    else if (kind === toServer.inputEnd) this.#input.end();
    else if (kind === toServer.input && !this.#input.push(payload))
      throw new RangeError('more input than there is room');
  }

  #begin({ line, user, terminal }: Request): void {
    if (this.#isAsked) throw new RangeError('a second request');
    this.#isAsked = true;
    clearTimeout(this.#silent);
    this.#terminal = terminal && new ClientTerminal(terminal);
    const { backend, unreadMs, silentMs, log } = this.#options;
    this.#silent = setTimeout(() => this.#socket.destroy(), silentMs);
    const scope = {
      principal: kubernetesUser(user),
      channel: clientChannel(this.#socket, this.#input, unreadMs),
      lineEnd: terminal?.isRaw ? '\r\n' : '\n',
      terminal: this.#terminal,
      unreadMs,
      left: this.#left.signal,
      backend,
    } as const;
    runCommand(textCommands, line, scope, this.#refusal).catch((err) => {
      log.error({ err }, 'a command of the socket failed');
      this.#socket.destroy();
    });
  }

  #send(kind: string, value: unknown): void {
    if (this.#socket.writable) this.#socket.write(frame(kind, JSON.stringify(value)));
  }

  #leave(): void {
    clearTimeout(this.#silent);
    this.#left.abort();
    this.#socket.destroy();
  }
}
