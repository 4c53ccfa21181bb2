/** pkt-line framing: four hex digits of length, themselves included, then the payload; 0000 is a flush (gitprotocol-common). */

const HEADER = 4;
const MAX_LENGTH = 65_520;

export const flush = Buffer.from('0000');

export function pktLine(payload: string): Buffer {
  const body = Buffer.from(payload);
  return Buffer.concat([Buffer.from((body.length + HEADER).toString(16).padStart(4, '0')), body]);
}

/** Bytes in, packets out; `null` stands for a flush. Throws on a length that no git would send. */
export class PktLineReader {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): (Buffer | null)[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const packets: (Buffer | null)[] = [];
    while (this.#rest.length >= HEADER) {
      const length = parseLength(this.#rest.toString('latin1', 0, HEADER));
      if (this.#rest.length < Math.max(length, HEADER)) break;
      packets.push(length === 0 ? null : this.#rest.subarray(HEADER, length));
      this.#rest = this.#rest.subarray(Math.max(length, HEADER));
    }
    return packets;
  }
}

function parseLength(header: string): number {
  const length = /^[0-9a-f]{4}$/i.test(header) ? Number.parseInt(header, 16) : -1;
  const isFlush = length === 0;
  if (!isFlush && (length < HEADER || length > MAX_LENGTH)) throw new RangeError('not a pkt-line');
  return length;
}
