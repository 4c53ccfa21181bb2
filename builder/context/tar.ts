import { isUtf8 } from 'node:buffer';
import { type ByteString, toBuffer } from '../../base/byte-string.ts';

export interface TarEntry {
  readonly type: 'file' | 'symlink' | 'folder';
  /** With a slash at the end of a folder. */
  readonly path: ByteString;
  /** Of a symlink. */
  readonly target?: ByteString;
  /** Of a file. */
  readonly bytes?: number;
  readonly mode: number;
  /** Seconds since 1970. */
  readonly mtime: number;
}

const blockBytes = 512;
const typeFlags = { file: '0', symlink: '2', folder: '5' } as const;
const maxName = 100;
const maxOctal = 0o77777777777;

/** The end of a tar: two empty blocks. */
export const endOfTar = Buffer.alloc(2 * blockBytes);

/**
 * The header of an entry of a tar (POSIX ustar; pax records in front of it for what does not fit in). Names are bytes:
 * tar libraries of Node know text only.
 */
export function tarHeader(entry: TarEntry): Buffer {
  const { path, target = '' as ByteString, bytes = 0, mtime, type } = entry;
  const header = block({ ...entry, typeFlag: typeFlags[type], target, bytes: Math.min(bytes, maxOctal) });
  const records = [
    ...(path.length > maxName ? [record('path', path)] : []),
    ...(target.length > maxName ? [record('linkpath', target)] : []),
    ...(bytes > maxOctal ? [record('size', String(bytes) as ByteString)] : []),
  ];
  if (records.length === 0) return header;
  const text = Buffer.concat(records);
  const name = 'pax' as ByteString;
  const pax = block({ typeFlag: 'x', path: name, target: '' as ByteString, bytes: text.length, mode: 0o644, mtime });
  return Buffer.concat([pax, text, tarPadding(text.length), header]);
}

/** What fills up the last block of a file. */
export function tarPadding(bytes: number): Buffer {
  return padding.subarray(0, (blockBytes - (bytes % blockBytes)) % blockBytes);
}

const padding = Buffer.alloc(blockBytes);

interface Block {
  readonly typeFlag: string;
  readonly path: ByteString;
  readonly target: ByteString;
  readonly bytes: number;
  readonly mode: number;
  readonly mtime: number;
}

function block({ typeFlag, path, target, bytes, mode, mtime }: Block): Buffer {
  const header = Buffer.alloc(blockBytes);
  header.write(path.slice(0, maxName), 0, 'latin1');
  header.write(octal(mode, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(bytes, 11), 124);
  header.write(octal(Math.min(Math.max(mtime, 0), maxOctal), 11), 136);
  header.write(`        ${typeFlag}`, 148);
  header.write(target.slice(0, maxName), 157, 'latin1');
  header.write('ustar\u000000', 257);
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(octal(sum, 6), 148);
  return header;
}

function octal(value: number, digits: number): string {
  return `${Math.trunc(value).toString(8).padStart(digits, '0')}\0`;
}

/** `<length of all this> <key>=<value>\n`; a value that is no UTF-8 says so. */
function record(key: string, value: ByteString): Buffer {
  const bytes = toBuffer(value);
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (rest.length + String(length).length !== length) length = rest.length + String(length).length;
  const text = Buffer.from(`${length}${rest}`, 'latin1');
  return isUtf8(bytes) ? text : Buffer.concat([Buffer.from('21 hdrcharset=BINARY\n'), text]);
}
