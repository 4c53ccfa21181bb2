import { Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** Ends with an error when more than so many bytes come: some bytes of gzip may stand for gigabytes. */
export function boundedGunzip(maxBytes: number): Transform[] {
  let bytes = 0;
  const bound = new Transform({
    transform(chunk: Buffer, _, callback) {
      bytes += chunk.length;
      if (bytes > maxBytes) callback(new Error(`more than ${maxBytes} bytes are in the body`));
      else callback(null, chunk);
    },
  });
  return [createGunzip(), bound];
}
