import { isUtf8 } from 'node:buffer';

declare const bytes: unique symbol;

/**
 * Bytes, each of them one character from U+0000 to U+00FF. File names in git and on Linux are bytes and need not be
 * UTF-8; unlike a Buffer, this can be compared, cut and be the key of a Map.
 */
export type ByteString = string & { readonly [bytes]: true };

export function byteString(buffer: Uint8Array, start = 0, end = buffer.length): ByteString {
  return Buffer.from(buffer.buffer, buffer.byteOffset + start, end - start).toString('latin1') as ByteString;
}

/** The bytes of a text in UTF-8. */
export function bytesOfText(text: string): ByteString {
  return byteString(Buffer.from(text, 'utf8'));
}

export function toBuffer(name: ByteString): Buffer {
  return Buffer.from(name, 'latin1');
}

/** The path of a file in a folder, for the file system. */
export function fileIn(folder: string, name: ByteString): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), toBuffer(name)]);
}

/**
 * As text, the way Go reads a string: each byte that is not part of UTF-8 is a U+FFFD of its own. For messages and for
 * wildcards, never to name a file.
 */
export function textOfBytes(name: ByteString): string {
  if (/^[\u0000-\u007f]*$/.test(name)) return name;
  const buffer = toBuffer(name);
  if (isUtf8(buffer)) return buffer.toString('utf8');
  let text = '';
  for (let at = 0; at < buffer.length; ) {
    const length = [1, 2, 3, 4].find((n) => at + n <= buffer.length && isUtf8(buffer.subarray(at, at + n)));
    text += length === undefined ? '\ufffd' : buffer.toString('utf8', at, at + length);
    at += length ?? 1;
  }
  return text;
}
