import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TokenKeyPair } from './token-key.ts';

/** Of draft-miller-ssh-agent. */
const message = { failure: 5, requestIdentities: 11, identities: 12, signRequest: 13, signature: 14 } as const;

/** An agent of ssh whose only key is on a security token in software, which somebody touches, or gives a PIN, as `flags` say. */
export class TokenAgent implements AsyncDisposable {
  /** 1: touched, 4: a PIN was given. */
  flags = 1;
  readonly socket: string;
  readonly #server: Server;
  readonly #folder: string;

  private constructor(folder: string, key: TokenKeyPair) {
    this.#folder = folder;
    this.socket = join(folder, 'agent');
    this.#server = createServer((client) => this.#serve(client, key));
  }

  static async start(key: TokenKeyPair): Promise<TokenAgent> {
    const agent = new TokenAgent(await mkdtemp(join(tmpdir(), 'gitkube-agent-')), key);
    await new Promise<void>((resolve) => agent.#server.listen(agent.socket, resolve));
    return agent;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#folder, { recursive: true });
  }

  #serve(client: Socket, key: TokenKeyPair): void {
    let received = Buffer.alloc(0);
    client.on('error', () => client.destroy());
    client.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 4 && received.length >= 4 + received.readUInt32BE(0)) {
        const end = 4 + received.readUInt32BE(0);
        client.write(text(this.#answer(received.subarray(4, end), key)));
        received = received.subarray(end);
      }
    });
  }

  #answer(request: Buffer, key: TokenKeyPair): Buffer {
    const kind = request.readUInt8(0);
    if (kind === message.requestIdentities) {
      return Buffer.concat([Buffer.of(message.identities, 0, 0, 0, 1), text(key.blob), text(Buffer.from('token'))]);
    }
    if (kind !== message.signRequest) return Buffer.of(message.failure);
    const blobEnd = 5 + request.readUInt32BE(1);
    const data = request.subarray(blobEnd + 4, blobEnd + 4 + request.readUInt32BE(blobEnd));
    return Buffer.concat([Buffer.of(message.signature), text(key.wireSignature(data, this.flags))]);
  }
}

function text(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
