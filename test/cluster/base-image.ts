import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { arch } from 'node:process';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';

/** What busybox is called by in an image; each name is a link to the one program. */
const applets =
  'sh ash cat chmod chown cp cut date dd df dirname basename du echo env expr false find grep gunzip gzip head hostname httpd id ifconfig ip kill ln ls md5sum mkdir mktemp more mount mv nc netstat nslookup ping printf ps pwd readlink rm rmdir route sed seq sha256sum sleep sort stat sync tail tar tee test timeout touch tr true tty umount uname uniq vi wc wget which whoami xargs yes';

/** Statically linked: Debian's package busybox-static. */
export const busyboxProgram = '/bin/busybox';

export interface BaseImageOptions {
  /** Where the archive is written. */
  readonly file: string;
  /** All names of the image, with tag. */
  readonly names: readonly string[];
  /** Something like `busyboxProgram`. */
  readonly busybox: string;
}

/**
 * Writes an image that holds busybox and nothing else, as an archive that engines load and containerd imports. It makes the
 * sandboxes of pods and is what Dockerfiles in tests start FROM, so that no base image has to be pulled. Its content
 * depends on busybox only: the same everywhere and at any time.
 */
export async function writeBaseImage({ file, names, busybox }: BaseImageOptions): Promise<void> {
  const layer = await layerOf(await readFile(busybox));
  const digest = createHash('sha256').update(layer).digest('hex');
  const config = JSON.stringify({
    architecture: arch === 'x64' ? 'amd64' : arch,
    os: 'linux',
    created: '1970-01-01T00:00:00Z',
    // Sandboxes run this; it opens no port. A Dockerfile that builds on the image sets its own.
    config: { Env: ['PATH=/bin'], Cmd: ['/bin/sleep', '2147483647'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
    history: [{ created: '1970-01-01T00:00:00Z', created_by: 'busybox' }],
  });
  const archive = pack();
  archive.entry({ name: 'config.json' }, config);
  archive.entry({ name: 'layer.tar' }, layer);
  archive.entry(
    { name: 'manifest.json' },
    JSON.stringify([{ Config: 'config.json', RepoTags: names, Layers: ['layer.tar'] }]),
  );
  archive.finalize();
  await pipeline(archive, createWriteStream(file));
}

async function layerOf(busybox: Buffer): Promise<Buffer> {
  const layer = pack();
  const mtime = new Date(0);
  for (const name of ['bin/', 'dev/', 'etc/', 'proc/', 'sys/', 'tmp/', 'root/']) {
    layer.entry({ name, type: 'directory', mode: name === 'tmp/' ? 0o1777 : 0o755, mtime });
  }
  layer.entry({ name: 'etc/passwd', mtime }, 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n');
  layer.entry({ name: 'etc/group', mtime }, 'root:x:0:\nnogroup:x:65534:\n');
  layer.entry({ name: 'bin/busybox', mode: 0o755, mtime }, busybox);
  for (const applet of applets.split(' ')) {
    layer.entry({ name: `bin/${applet}`, type: 'symlink', linkname: 'busybox', mtime });
  }
  layer.finalize();
  return buffer(layer);
}
