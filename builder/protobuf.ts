/**
 * A reader for the protobuf wire format (https://protobuf.dev/programming-guides/encoding/), as far as BuildKit's
 * progress and session messages need it: varints as numbers, and length-delimited fields as bytes.
 */
export interface Field {
  readonly number: number;
  readonly varint?: number;
  readonly bytes?: Buffer;
}

const truncated = 'protobuf message ends early';

/** @throws RangeError for bytes that are no message. */
export function* fields(message: Buffer): Generator<Field> {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at++];
      if (byte === undefined || factor > 2 ** 63) throw new RangeError(truncated);
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  const take = (length: number) => {
    if (at + length > message.length) throw new RangeError(truncated);
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    if (tag % 8 === 0) yield { number, varint: varint() };
    else if (tag % 8 === 1) take(8);
    else if (tag % 8 === 2) yield { number, bytes: take(varint()) };
    else if (tag % 8 === 5) take(4);
    else throw new RangeError(`protobuf wire type ${tag % 8} is not known`);
  }
}

export function bytesField(number: number, value: Buffer): Buffer {
  const head = [number * 8 + 2];
  let length = value.length;
  for (; length >= 128; length = Math.floor(length / 128)) head.push((length % 128) + 128);
  return Buffer.concat([Buffer.from([...head, length]), value]);
}
