import type { Random } from '../support/random.ts';

/** Where lengths and counts change their meaning. */
const edges = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];
/** Where protocols that are text change theirs. */
const words = [
  '\0',
  '\r\n',
  '\n',
  ' ',
  '..',
  '/',
  '%',
  '0000',
  '0001',
  '0003',
  'ffff',
  'PACK',
  '\u001b[',
  '\u202e',
  '-',
];

type Change = (bytes: Buffer, random: Random) => Buffer;

const changes: readonly Change[] = [
  (bytes, random) => replaced(bytes, random.below(bytes.length), Buffer.of(random.below(256))),
  (bytes, random) => {
    const at = random.below(bytes.length);
    return replaced(bytes, at, Buffer.of((bytes[at] ?? 0) ^ (1 << random.below(8))));
  },
  (bytes, random) => {
    const value = Buffer.alloc(4);
    value.writeUInt32BE(random.pick(edges));
    return replaced(bytes, random.below(bytes.length), value.subarray(random.pick([0, 2, 3])));
  },
  (bytes, random) => inserted(bytes, random.below(bytes.length + 1), Buffer.from(random.pick(words))),
  (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  (bytes, random) => {
    const [from, to] = range(bytes, random);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  (bytes, random) => {
    const [from, to] = range(bytes, random);
    return inserted(bytes, random.below(bytes.length + 1), bytes.subarray(from, to));
  },
];

/** One to four changes. The same seed makes the same of the same bytes. */
export function mutate(bytes: Buffer, random: Random): Buffer {
  let mutated = bytes;
  for (let left = 1 + random.below(4); left > 0 && mutated.length > 0; left--) {
    mutated = random.pick(changes)(mutated, random);
  }
  return mutated;
}

function replaced(bytes: Buffer, at: number, by: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + by.length)]);
}

function inserted(bytes: Buffer, at: number, more: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
}

function range(bytes: Buffer, random: Random): [number, number] {
  const from = random.below(bytes.length);
  return [from, from + 1 + random.below(Math.min(64, bytes.length - from))];
}
