import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

interface Pair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** A key on a security token in software: what a token answers that somebody touches (PROTOCOL.u2f of OpenSSH). */
export class TokenKeyPair {
  readonly type: string;
  /** The public key in SSH wire format. */
  readonly blob: Buffer;
  readonly pair: Pair;
  readonly #application: string;
  #counter = 0;

  constructor(kind: 'ed25519' | 'ecdsa', application = 'ssh:', pair: Pair = makePair(kind)) {
    this.pair = pair;
    this.#application = application;
    this.type = kind === 'ed25519' ? 'sk-ssh-ed25519@openssh.com' : 'sk-ecdsa-sha2-nistp256@openssh.com';
    const { x = '', y = '' } = pair.publicKey.export({ format: 'jwk' });
    const [first, second] = [Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')];
    const point = kind === 'ed25519' ? [first] : ['nistp256', Buffer.concat([Buffer.of(4), first, second])];
    this.blob = Buffer.concat([this.type, ...point, application].map(text));
  }

  /** A line of authorized_keys. */
  get line(): string {
    return `${this.type} ${this.blob.toString('base64')}`;
  }

  /** @param flags 1: touched, 4: a PIN was given @returns what follows the algorithm: signature, flags, counter */
  sign(data: Buffer, flags: number): Buffer {
    const tail = Buffer.alloc(5);
    tail.writeUInt8(flags);
    tail.writeUInt32BE(++this.#counter, 1);
    const message = Buffer.concat([hash(Buffer.from(this.#application)), tail, hash(data)]);
    const { privateKey } = this.pair;
    if (privateKey.asymmetricKeyType === 'ed25519') return Buffer.concat([sign(null, message, privateKey), tail]);
    const numbers = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    return Buffer.concat([mpint(numbers.subarray(0, 32)), mpint(numbers.subarray(32)), tail]);
  }

  /** As an agent answers: the algorithm, then the signature in a string of its own, then the rest. */
  wireSignature(data: Buffer, flags: number): Buffer {
    const signature = this.sign(data, flags);
    return Buffer.concat([text(this.type), text(signature.subarray(0, -5)), signature.subarray(-5)]);
  }
}

function makePair(kind: 'ed25519' | 'ecdsa'): Pair {
  return kind === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function hash(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** RFC 4251, section 5: a string. */
function text(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** RFC 4251, section 5: as short as it can be, and not negative. */
function mpint(number: Buffer): Buffer {
  const digits = number.subarray(number.findIndex((byte) => byte !== 0));
  return text((digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits);
}
