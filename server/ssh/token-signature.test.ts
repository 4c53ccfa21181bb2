import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sshKeys } from '../../test/support/ssh-keys.ts';
import { TokenKeyPair } from '../../test/support/token-key.ts';
import { verifyTokenSignature } from './token-signature.ts';

const data = Buffer.from('the session id and the request');

describe.each(['ed25519', 'ecdsa'] as const)('a signature of a security token with an %s key', (kind) => {
  const token = new TokenKeyPair(kind);
  const signature = (flags: number, what = data) => token.sign(what, flags);

  it.each([
    [0x01, { touched: true, pinGiven: false }],
    [0x05, { touched: true, pinGiven: true }],
    [0x00, { touched: false, pinGiven: false }],
  ])('with the flags %i says what somebody did at the token', (flags, use) => {
    expect(verifyTokenSignature(token.blob, data, signature(flags))).toEqual(use);
  });

  it('is one for its data only', () => {
    expect(verifyTokenSignature(token.blob, Buffer.from('something else'), signature(1))).toBeUndefined();
  });

  it('is one of its key only', () => {
    expect(verifyTokenSignature(new TokenKeyPair(kind).blob, data, signature(1))).toBeUndefined();
  });

  it('is none with other flags or another counter', () => {
    for (const at of [-1, -5]) {
      const changed = signature(1);
      const place = changed.length + at;
      changed.writeUInt8(changed.readUInt8(place) ^ 0x04, place);
      expect(verifyTokenSignature(token.blob, data, changed)).toBeUndefined();
    }
  });

  it('is none when it is cut off, or has something behind it', () => {
    const whole = signature(1);
    for (let length = 0; length < whole.length; length++) {
      expect(verifyTokenSignature(token.blob, data, whole.subarray(0, length))).toBeUndefined();
    }
    expect(verifyTokenSignature(token.blob, data, Buffer.concat([whole, Buffer.of(0)]))).toBeUndefined();
  });

  it('is none for another application', () => {
    const other = new TokenKeyPair(kind, 'ssh:other', token.pair);
    expect(verifyTokenSignature(other.blob, data, signature(1))).toBeUndefined();
    expect(verifyTokenSignature(other.blob, data, other.sign(data, 1))).toBeDefined();
  });
});

it('a signature of a key that is on no token is none', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const blob = Buffer.from(sshKeys.ed25519.base64, 'base64');
  blob.set(rawKey(publicKey), blob.length - 32);
  const tail = Buffer.of(1, 0, 0, 0, 1);
  const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest();
  const own = sign(null, Buffer.concat([hash(Buffer.from('ssh:')), tail, hash(data)]), privateKey);
  expect(verifyTokenSignature(blob, data, Buffer.concat([own, tail]))).toBeUndefined();
});

function rawKey(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
}
