import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { GitkubeError } from '../../base/errors.ts';

/** https://github.com/sigstore/protobuf-specs, sigstore_bundle.proto: what `cosign verify-attestation --key` reads. */
export const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** Signs statements by a key of the operator: an ECDSA key on P-256, as cosign has them. */
export class Signer {
  readonly #key: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #hint: string;

  /** @param pem PKCS #8 or SEC 1, without a passphrase @throws ConfigInvalid */
  constructor(pem: string, path: string) {
    this.#key = readKey(pem, path);
    this.#publicKey = createPublicKey(this.#key);
    const der = this.#publicKey.export({ type: 'spki', format: 'der' });
    this.#hint = createHash('sha256').update(der).digest('base64');
  }

  /** @throws ConfigInvalid */
  static async open(path: string): Promise<Signer> {
    const pem = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      throw unusable(path, `cannot be read (${cause.code})`);
    });
    return new Signer(pem, path);
  }

  /** @returns the statement of a bundle; undefined: this key has not signed it */
  read(bundle: Buffer): unknown {
    try {
      const { payload: text, payloadType, signatures } = Bundle.parse(JSON.parse(bundle.toString())).dsseEnvelope;
      const payload = Buffer.from(text, 'base64');
      const signed = preAuthEncoding(payloadType, payload);
      const isOurs = ({ sig }: { sig: string }) =>
        verify('sha256', signed, this.#publicKey, Buffer.from(sig, 'base64'));
      return signatures.some(isOurs) ? JSON.parse(payload.toString()) : undefined;
    } catch {
      return undefined;
    }
  }

  /** @returns a bundle with the statement and its signature (DSSE v1) */
  bundle(statement: string, payloadType: string): string {
    const payload = Buffer.from(statement);
    const signature = sign('sha256', preAuthEncoding(payloadType, payload), this.#key);
    return JSON.stringify({
      mediaType: bundleType,
      verificationMaterial: { publicKey: { hint: this.#hint } },
      dsseEnvelope: {
        payload: payload.toString('base64'),
        payloadType,
        signatures: [{ sig: signature.toString('base64') }],
      },
    });
  }
}

/** What is read of a bundle. */
const Bundle = z.object({
  dsseEnvelope: z.object({
    payload: z.base64(),
    payloadType: z.string(),
    signatures: z.array(z.object({ sig: z.base64() })).max(10),
  }),
});

/** https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md */
function preAuthEncoding(payloadType: string, payload: Buffer): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

function readKey(pem: string, path: string): KeyObject {
  if (pem.includes('ENCRYPTED')) throw unusable(path, 'is encrypted by a passphrase');
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw unusable(path, 'is no private key in PEM');
  }
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw unusable(path, 'is no ECDSA key on the curve P-256');
  }
  return key;
}

function unusable(path: string, why: string): GitkubeError {
  return new GitkubeError('ConfigInvalid', `GITKUBE_SIGNING_KEY: ${path} ${why}`, {
    hint: 'openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out signing.key',
  });
}
