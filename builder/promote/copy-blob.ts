import { Readable, Transform } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { again } from '../../base/again.ts';
import { GitkubeError } from '../../base/errors.ts';
import type { RegistryClient } from '../registry/client.ts';
import type { Descriptor } from './image-parts.ts';

/** A repository of a registry. */
export interface Place {
  readonly client: RegistryClient;
  /** Without the host. */
  readonly path: string;
}

export interface CopyWay {
  readonly from: Place;
  readonly to: Place;
  /** Milliseconds without a byte after which a copy ends. */
  readonly stallMs: number;
  readonly signal: AbortSignal;
}

/** How a blob has come to where it is now. */
export type Brought = 'there' | 'mounted' | 'copied';

/**
 * Brings a blob from one repository to another: within one registry it is mounted, between two it goes through this
 * process, never as a whole.
 */
export async function copyBlob(blob: Descriptor, way: CopyWay): Promise<Brought> {
  const { from, to, signal } = way;
  if (await to.client.hasBlob(to.path, blob.digest, signal)) return 'there';
  const upload =
    from.client.host === to.client.host
      ? await to.client.mountBlob(to.path, blob.digest, from.path, signal)
      : await begin(to, signal);
  if (upload === undefined) return 'mounted';
  await transfer(blob, upload, way);
  return 'copied';
}

async function begin({ client, path }: Place, signal: AbortSignal): Promise<string> {
  const upload = await client.beginUpload(path, signal);
  if (upload !== undefined) return upload;
  throw new GitkubeError('RegistryUnavailable', `the registry ${client.host} takes uploads at another host only`, {
    hint: 'build the commit here: set spec.requirePromotion to false, and leave promoteFrom out',
  });
}

async function transfer({ digest, size }: Descriptor, upload: string, way: CopyWay): Promise<void> {
  const { from, to, stallMs } = way;
  const stalled = new AbortController();
  const signal = AbortSignal.any([way.signal, stalled.signal]);
  const late = () => stalled.abort(stall(from.client.host, to.client.host, stallMs));
  const timer = setTimeout(late, stallMs);
  try {
    using answer = await from.client.readBlob(from.path, digest, signal);
    if (!answer?.body) throw gone(from.client.host, digest);
    const alive = new Transform({
      transform: (chunk, _encoding, done) => {
        timer.refresh();
        done(undefined, chunk);
      },
    });
    const source = Readable.fromWeb(answer.body as ReadableStream);
    source.on('error', (error) => alive.destroy(error));
    const body = source.pipe(alive);
    await to.client.writeBlob(to.path, upload, { digest, size, body }, signal);
  } catch (thrown) {
    stalled.signal.throwIfAborted();
    throw thrown;
  } finally {
    clearTimeout(timer);
  }
}

function stall(from: string, to: string, ms: number): GitkubeError {
  const message = `no byte has come from the registry ${from} to ${to} for ${ms / 1000} s`;
  return new GitkubeError('RegistryUnavailable', message, {
    hint: `${again}; for a slow registry, ask the operator to raise GITKUBE_IMAGE_PUSH_STALL_SECONDS`,
  });
}

function gone(host: string, digest: string): GitkubeError {
  return new GitkubeError('RegistryUnavailable', `the registry ${host} no longer has ${digest}`, {
    hint: 'push the commit there again, which builds it',
  });
}
