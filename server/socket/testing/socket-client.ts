import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { FrameReader, frame, inputWindow, socketName, toClient, toServer } from '../frames.ts';
import type { Request } from '../request.ts';

/** A client of the socket, which reads all that it gets unless it is paused. */
export class SocketClient {
  readonly socket: Socket;
  readonly out: string[] = [];
  readonly err: string[] = [];
  /** Of stdin: how many bytes were taken. */
  taken = 0;
  hello: unknown;
  readonly #closed: Promise<unknown>;
  #code: number | undefined;

  constructor(folder: string) {
    const reader = new FrameReader();
    this.socket = connect(join(folder, socketName));
    this.socket.on('error', () => {});
    this.#closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.on('data', (chunk: Buffer) => {
      for (const { kind, payload } of reader.push(chunk)) {
        if (kind === toClient.hello) this.hello = JSON.parse(payload.toString());
        else if (kind === toClient.stdout) this.out.push(payload.toString());
        else if (kind === toClient.stderr) this.err.push(payload.toString());
        else if (kind === toClient.taken) this.taken += Number(payload.toString());
        else if (kind === toClient.exit) this.#code = Number(payload.toString());
      }
    });
  }

  ask(line: string, more: Partial<Request> = {}): void {
    this.send(toServer.request, JSON.stringify({ line, user: 'ada', ...more }));
  }

  send(kind: string, payload: Uint8Array | string = ''): void {
    this.socket.write(frame(kind, payload));
  }

  /** All of stdin, no faster than it is taken. */
  async sendInput(input: Buffer): Promise<void> {
    const size = inputWindow / 4;
    for (let at = 0; at < input.length; at += size) {
      while (at + size - this.taken > inputWindow) await once(this.socket, 'data');
      this.send(toServer.input, input.subarray(at, at + size));
    }
    this.send(toServer.inputEnd);
  }

  /** Resolves when the connection is closed. */
  async ended(): Promise<{ out: string; err: string; code: number | undefined }> {
    await this.#closed;
    return { out: this.out.join(''), err: this.err.join(''), code: this.#code };
  }
}
