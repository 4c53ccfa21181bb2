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
  return Buffer.concat([varint(number * 8 + 2), varint(value.length), value]);
}

export function textField(number: number, value: string): Buffer {
  return bytesField(number, Buffer.from(value));
}

/** @param value not negative */
export function varintField(number: number, value: number): Buffer {
  return Buffer.concat([varint(number * 8), varint(value)]);
}

/** A `map<string, string>`. */
export function mapField(number: number, entries: Readonly<Record<string, string>>): Buffer {
  const pairs = Object.entries(entries).map(([key, value]) => Buffer.concat([textField(1, key), textField(2, value)]));
  return Buffer.concat(pairs.map((pair) => bytesField(number, pair)));
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  return Buffer.from([...bytes, left]);
}
