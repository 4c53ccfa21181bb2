import { posix } from 'node:path';

/** `./a//b/` is `a/b`; the root is `.`. */
export function normalize(path: string): string {
  return posix.normalize(path).replace(/\/$/, '') || '.';
}
