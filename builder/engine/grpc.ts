import type { ServerHttp2Stream } from 'node:http2';

// https://grpc.github.io/grpc/core/md_doc_statuscodes.html
export const grpcStatus = { ok: '0', invalidArgument: '3', notFound: '5', unimplemented: '12' } as const;

const headBytes = 5;

/** A message as it goes over HTTP/2: one byte "not compressed", four bytes of length. */
export function grpcFrame(message: Buffer): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Cuts a stream of bytes into messages. */
export class GrpcFrames {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #bytes = 0;
  /** As many make up what comes next: a head, or a head and its message. */
  #needed = headBytes;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @throws RangeError for a message that is too long */
  take(chunk: Buffer): Buffer[] {
    this.#parts.push(chunk);
    this.#bytes += chunk.length;
    const messages: Buffer[] = [];
    while (this.#bytes >= this.#needed) {
      const all = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts);
      const end = headBytes + all.readUInt32BE(1);
      if (end > headBytes + this.#maxBytes) throw new RangeError('gRPC message is too long');
      const whole = all.length >= end;
      if (whole) messages.push(all.subarray(headBytes, end));
      this.#parts = [whole ? all.subarray(end) : all];
      this.#bytes = this.#parts[0]?.length ?? 0;
      this.#needed = whole ? headBytes : end;
    }
    return messages;
  }
}

/** Begins the answer to a call; what is sent of it ends with the status. */
export function grpcRespond(stream: ServerHttp2Stream, status: () => string): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status() }));
}
