import { createHash, verify } from 'node:crypto';
import { readTokenKey } from '../../remote-crd/index.ts';

/** What somebody did at a security token for a signature. */
export interface TokenUse {
  readonly touched: boolean;
  /** They gave its PIN, or what counts as that. */
  readonly pinGiven: boolean;
}

const TOUCHED = 0x01;
const PIN_GIVEN = 0x04;
/** Flags, and a counter that is not looked at: a token may be used with several servers. */
const TAIL = 5;

/**
 * Verifies a signature of a security token, which ssh2 cannot (PROTOCOL.u2f of OpenSSH): the token signs the hash of the
 * application, its flags and counter, and the hash of the data.
 * @param blob the public key in SSH wire format
 * @param data what was to be signed
 * @param signature without its algorithm, as ssh2 hands it over: the signature of the key, flags, counter
 * @returns undefined: it is no signature of this key for this data
 */
export function verifyTokenSignature(blob: Buffer, data: Buffer, signature: Buffer): TokenUse | undefined {
  const token = readTokenKey(blob);
  if (!token || signature.length <= TAIL) return undefined;
  const { key, application } = token;
  const tail = signature.subarray(-TAIL);
  const message = Buffer.concat([sha256(application), tail, sha256(data)]);
  const own = signature.subarray(0, -TAIL);
  const isEd25519 = key.asymmetricKeyType === 'ed25519';
  const numbers = isEd25519 ? own : twoNumbers(own);
  if (numbers?.length !== 64) return undefined;
  const isValid = isEd25519
    ? verify(null, message, key, numbers)
    : verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, numbers);
  if (!isValid) return undefined;
  const [flags = 0] = tail;
  return { touched: (flags & TOUCHED) !== 0, pinGiven: (flags & PIN_GIVEN) !== 0 };
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** Two mpints (RFC 5656, section 3.1.2), in 32 bytes each. */
function twoNumbers(bytes: Buffer): Buffer | undefined {
  const numbers: Buffer[] = [];
  let rest = bytes;
  while (rest.length >= 4 && numbers.length < 2) {
    const length = rest.readUInt32BE(0);
    const number = rest.subarray(4, 4 + length);
    if (number.length !== length || length === 0 || (number[0] ?? 0) >= 0x80) return undefined;
    const digits = number[0] === 0 ? number.subarray(1) : number;
    if (digits.length > 32) return undefined;
    numbers.push(Buffer.concat([Buffer.alloc(32 - digits.length), digits]));
    rest = rest.subarray(4 + length);
  }
  return numbers.length === 2 && rest.length === 0 ? Buffer.concat(numbers) : undefined;
}
