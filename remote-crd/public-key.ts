import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { AuthorizedKey } from './remote.ts';

type PublicKey = Omit<AuthorizedKey, 'comment'>;
/** The fields behind the type, as a JSON web key; throws a ProblemText. */
type Reader = (fields: WireReader) => JsonWebKey;

/** A text for the person whose key it is. */
class ProblemText extends Error {}

const readers: Readonly<Record<string, Reader>> = {
  'ssh-ed25519': readEd25519,
  'ecdsa-sha2-nistp256': (fields) => readEcdsa(fields, 'nistp256', 'P-256', 32),
  'ecdsa-sha2-nistp384': (fields) => readEcdsa(fields, 'nistp384', 'P-384', 48),
  'ecdsa-sha2-nistp521': (fields) => readEcdsa(fields, 'nistp521', 'P-521', 66),
  'ssh-rsa': readRsa,
  'sk-ssh-ed25519@openssh.com': (fields) => onToken(fields, readEd25519(fields)),
  'sk-ecdsa-sha2-nistp256@openssh.com': (fields) => onToken(fields, readEcdsa(fields, 'nistp256', 'P-256', 32)),
};

const notReadable = new Set(['ssh-dss']);

/** Whether this is a type of keys, also of those that are not taken. */
export function isKnownType(word: string): boolean {
  const type = word.replace(/-cert-v01@openssh\.com$/, '');
  return Object.hasOwn(readers, type) || notReadable.has(type);
}

const minRsaBits = 2048;
// As in OpenSSH; verifying a larger one takes long enough to be an attack.
const maxRsaBits = 16_384;

/**
 * Reads and checks a public key: the wire format (RFC 4253, section 6.6; RFC 5656; RFC 8709; PROTOCOL.u2f of OpenSSH), the declared type against
 * the one inside, sizes, and whether the point is on its curve. Returns the text of a problem when it is not usable.
 */
export function readPublicKey(type: string, base64: string): PublicKey | string {
  try {
    const reader = readers[type];
    if (reader === undefined) throw new ProblemText(unsupported(type));
    const blob = decodeBase64(base64);
    const fields = new WireReader(blob);
    if (fields.string().toString('latin1') !== type) throw new ProblemText(`the key is not of type ${type}`);
    const jwk = reader(fields);
    fields.end();
    createPublicKey({ key: jwk, format: 'jwk' });
    return { type, blob, fingerprint: fingerprint(blob) };
  } catch (thrown) {
    return thrown instanceof ProblemText ? thrown.message : 'the key is damaged: its numbers are no valid key';
  }
}

function unsupported(type: string): string {
  if (type.includes('-cert-v01@')) return 'certificates are not supported: give the public key itself';
  if (type === 'ssh-dss') return 'DSA keys are too weak: generate a new one with ssh-keygen -t ed25519';
  return 'this type of key is not supported: generate one with ssh-keygen -t ed25519';
}

function decodeBase64(text: string): Buffer {
  const blob = Buffer.from(text, 'base64');
  // Buffer.from skips what is no base64, so compare with what it would have been written as.
  const same = blob.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '');
  if (text === '' || !same) throw new ProblemText('the key is damaged or cut off: it is not base64');
  return blob;
}

function readEd25519(fields: WireReader): JsonWebKey {
  const point = fields.string();
  if (point.length !== 32) throw new ProblemText('the key is damaged: an ssh-ed25519 key has 32 bytes');
  return { kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') };
}

function readEcdsa(fields: WireReader, curve: string, crv: string, size: number): JsonWebKey {
  if (fields.string().toString('latin1') !== curve) throw new ProblemText(`the key is not on the curve ${curve}`);
  const point = fields.string();
  if (point.length !== 1 + 2 * size || point[0] !== 4)
    throw new ProblemText('the key is damaged: no uncompressed point');
  const x = point.subarray(1, 1 + size).toString('base64url');
  const y = point.subarray(1 + size).toString('base64url');
  return { kty: 'EC', crv, x, y };
}

function readRsa(fields: WireReader): JsonWebKey {
  const exponent = fields.positiveNumber();
  const modulus = fields.positiveNumber();
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  if (bits < minRsaBits) throw new ProblemText(`an RSA key needs ${minRsaBits} bits, this one has ${bits}`);
  if (bits > maxRsaBits) throw new ProblemText(`an RSA key may have ${maxRsaBits} bits, this one has ${bits}`);
  const oddAndSmall = exponent.length <= 8 && (exponent.at(-1) ?? 0) % 2 === 1 && !exponent.equals(Buffer.of(1));
  if (!oddAndSmall) throw new ProblemText('the key is damaged: its RSA exponent is unusual');
  return { kty: 'RSA', e: exponent.toString('base64url'), n: modulus.toString('base64url') };
}

/** The application that the token has the key for, such as `ssh:`, stands behind the point. */
function onToken(fields: WireReader, key: JsonWebKey): JsonWebKey {
  if (fields.string().length === 0) throw new ProblemText('the key is damaged: it names no application');
  return key;
}

/** A key on a security token, as its signatures are verified. */
export interface TokenKey {
  readonly key: KeyObject;
  readonly application: Buffer;
}

/** @param blob of a usable key; undefined: it is on no token */
export function readTokenKey(blob: Buffer): TokenKey | undefined {
  const fields = new WireReader(blob);
  const type = fields.string().toString('latin1');
  const isEd25519 = type === 'sk-ssh-ed25519@openssh.com';
  if (!isEd25519 && type !== 'sk-ecdsa-sha2-nistp256@openssh.com') return undefined;
  const jwk = isEd25519 ? readEd25519(fields) : readEcdsa(fields, 'nistp256', 'P-256', 32);
  return { key: createPublicKey({ key: jwk, format: 'jwk' }), application: fields.string() };
}

/** The data types of RFC 4251, section 5. */
class WireReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  string(): Buffer {
    const start = this.#offset + 4;
    if (start > this.#bytes.length) throw new ProblemText('the key is damaged or cut off');
    const end = start + this.#bytes.readUInt32BE(this.#offset);
    if (end > this.#bytes.length) throw new ProblemText('the key is damaged or cut off');
    this.#offset = end;
    return this.#bytes.subarray(start, end);
  }

  /** An mpint above zero, in the one way to write it, without its sign byte. */
  positiveNumber(): Buffer {
    const bytes = this.string();
    const [first = 0, second = 0] = bytes;
    const negative = first >= 0x80;
    const padded = first === 0 && second < 0x80;
    if (bytes.length === 0 || negative || padded) throw new ProblemText('the key is damaged: a number is malformed');
    return first === 0 ? bytes.subarray(1) : bytes;
  }

  end(): void {
    if (this.#offset !== this.#bytes.length) throw new ProblemText('the key is damaged: there is data after it');
  }
}

/** `SHA256:…`, base64 without padding, as `ssh-keygen -lf` prints it. @param blob the key in SSH wire format */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}
