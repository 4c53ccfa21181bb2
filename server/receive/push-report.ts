/** What git says of each ref when pre-receive has refused a push, whatever the reason. */
const declined = ' pre-receive hook declined\n';
const maxPacket = 65_520;
const reportBand = 1;

/**
 * git's report about a push on its way to the client: packets (gitprotocol-common, "pkt-line format"), some of which hold
 * packets of the report (gitprotocol-pack, "Report Status"). A hook can refuse a push and cannot say why in there, so the
 * reason takes the place of git's own words.
 */
export class PushReport {
  /** Why every ref of the push is refused; set it before the hook ends. */
  reason: string | undefined;
  /** The beginning of a packet that is not here as a whole. */
  #held: Buffer = Buffer.alloc(0);
  /** Bytes of a packet that passes as it is. */
  #left = 0;
  #isPackets = true;

  /** What the client gets of these bytes of git. */
  readonly relay = (chunk: Buffer): Buffer => {
    const passed: Buffer[] = [];
    let rest = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
    this.#held = Buffer.alloc(0);
    while (rest.length > 0) {
      const taken = this.#next(rest);
      if (taken === undefined) {
        this.#held = rest;
        break;
      }
      passed.push(taken.bytes);
      rest = rest.subarray(taken.length);
    }
    return passed.length === 1 && passed[0] ? passed[0] : Buffer.concat(passed);
  };

  /** Undefined: more is needed. */
  #next(bytes: Buffer): { readonly bytes: Buffer; readonly length: number } | undefined {
    const pass = (length: number) => ({ bytes: bytes.subarray(0, length), length });
    if (!this.#isPackets) return pass(bytes.length);
    if (this.#left > 0) {
      const length = Math.min(this.#left, bytes.length);
      this.#left -= length;
      return pass(length);
    }
    if (bytes.length < 4) return undefined;
    const size = sizeOf(bytes);
    if (size === undefined) {
      this.#isPackets = false;
      return pass(bytes.length);
    }
    if (size <= 4) return pass(4);
    if (bytes.length < 5) return undefined;
    if (this.reason === undefined || bytes[4] !== reportBand) {
      this.#left = size;
      return this.#next(bytes);
    }
    if (bytes.length < size) return undefined;
    return { bytes: inBand(withReason(bytes.subarray(5, size), this.reason)), length: size };
  }
}

/** Undefined: this is no packet. 0 to 3 are packets without contents. */
function sizeOf(bytes: Buffer): number | undefined {
  const digits = bytes.toString('latin1', 0, 4);
  return /^[0-9a-f]{4}$/.test(digits) ? Number.parseInt(digits, 16) : undefined;
}

/** The packets of a report with this reason; a part of one that is too long for a packet stays as it is. */
function withReason(report: Buffer, reason: string): Buffer {
  const packets: Buffer[] = [];
  for (let at = 0; at < report.length; ) {
    const size = sizeOf(report.subarray(at));
    if (size === undefined || at + size > report.length) return report;
    const packet = report.subarray(at, at + Math.max(4, size));
    const text = packet.toString('utf8', 4);
    const isRefused = text.startsWith('ng ') && text.endsWith(declined);
    packets.push(isRefused ? packetOf(`${text.slice(0, -declined.length)} ${reason}\n`) : packet);
    at += packet.length;
  }
  return Buffer.concat(packets);
}

function inBand(report: Buffer): Buffer {
  const packets: Buffer[] = [];
  for (let at = 0; at < report.length; at += maxPacket - 5) {
    packets.push(packetOf(Buffer.concat([Buffer.from([reportBand]), report.subarray(at, at + maxPacket - 5)])));
  }
  return Buffer.concat(packets);
}

function packetOf(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes]);
}
