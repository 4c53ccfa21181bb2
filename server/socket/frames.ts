/**
 * What a client of the socket and the server say to each other, in both directions: a byte for what it is, four for the
 * length, and that many bytes. A newer side may add kinds; the other one skips what it does not know.
 */
/** The socket, in the data folder. */
export const socketName = 'commands.sock';

export const toServer = {
  /** JSON, the first one: `Request`. */
  request: 'R',
  /** Bytes of stdin. */
  input: 'I',
  /** Stdin has ended. */
  inputEnd: 'E',
  /** JSON: the size of the terminal now. */
  resize: 'W',
  /** The client is there. */
  alive: 'A',
} as const;

export const toClient = {
  /** JSON, the first one: `Hello`. */
  hello: 'H',
  stdout: 'O',
  stderr: 'X',
  /** JSON, a number: bytes of stdin that were read; as many more may come. */
  taken: 'T',
  /** JSON, a number, the last one: the exit code. */
  exit: 'C',
} as const;

/** Bytes of stdin that may be on their way. A client that sends more is disconnected. */
export const inputWindow = 256 * 1024;

/** How often a client shows that it is there: a server takes it for gone after several times that. */
export const aliveMs = 20_000;

/** A request has a command line of 32,000 characters at most. */
const maxPayload = 256 * 1024;
/** Of one frame with input or output. */
export const chunkBytes = 32 * 1024;
const headBytes = 5;

export interface Frame {
  readonly kind: string;
  readonly payload: Buffer;
}

export function frame(kind: string, payload: Uint8Array | string = ''): Buffer {
  const bytes = Buffer.from(payload);
  const head = Buffer.alloc(headBytes);
  head.write(kind, 'latin1');
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** Bytes in, frames out. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** @throws RangeError on a frame that nobody sends */
  push(chunk: Buffer): Frame[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const found: Frame[] = [];
    while (this.#rest.length >= headBytes) {
      const length = this.#rest.readUInt32BE(1);
      if (length > maxPayload) throw new RangeError(`a frame of ${length} bytes`);
      if (this.#rest.length < headBytes + length) break;
      const kind = this.#rest.toString('latin1', 0, 1);
      found.push({ kind, payload: this.#rest.subarray(headBytes, headBytes + length) });
      this.#rest = this.#rest.subarray(headBytes + length);
    }
    return found;
  }
}
