import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** The path of a socket has room for 107 bytes; by the open folder the kernel finds a file of any path. */
export async function withShortPath<T>(folder: string, name: string, work: (path: string) => Promise<T>): Promise<T> {
  const handle: FileHandle = await open(folder, 'r');
  try {
    const short = `/proc/self/fd/${handle.fd}`;
    const usable = await stat(short).then(
      () => true,
      () => false,
    );
    return await work(join(usable ? short : folder, name));
  } finally {
    await handle.close();
  }
}
