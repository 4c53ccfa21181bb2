import { createHash } from 'node:crypto';
import { Readable, Transform } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { again } from '../../base/again.ts';
import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
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
  if (await hasBlob(to, blob, signal)) return 'there';
  if (from.client.host === to.client.host && (await mount(blob, way))) return 'mounted';
  await transfer(blob, await begin(to, signal), way);
  return 'copied';
}

/** A registry that hides what is there refuses to say so; whether it takes a blob, the upload shows. */
async function hasBlob({ client, path }: Place, { digest }: Descriptor, signal: AbortSignal): Promise<boolean> {
  return client.hasBlob(path, digest, signal).catch(unlessDenied);
}

/** Whether it is there now; the login of one repository may not be one of the other. */
async function mount({ digest }: Descriptor, { from, to, signal }: CopyWay): Promise<boolean> {
  return to.client.mountBlob(to.path, digest, from.path, signal).catch(unlessDenied);
}

function unlessDenied(thrown: unknown): false {
  if (asGitkubeError(thrown).reason !== 'RegistryDenied') throw thrown;
  return false;
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
  let broken: GitkubeError | undefined;
  const breaks = (error: GitkubeError) => {
    broken ??= error;
    return broken;
  };
  try {
    using answer = await from.client.readBlob(from.path, digest, signal);
    if (!answer?.body) throw gone(from.client.host, digest);
    const [algorithm = ''] = digest.split(':');
    const hash = createHash(algorithm === 'sha512' ? algorithm : 'sha256');
    let bytes = 0;
    const isWhole = () => bytes === size && `${algorithm}:${hash.digest('hex')}` === digest;
    const checked = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        timer.refresh();
        hash.update(chunk);
        bytes += chunk.length;
        // Nothing behind its end may go on: it would be read as a request.
        if (bytes > size) done(breaks(wrong(from.client.host, digest)));
        else done(undefined, chunk);
      },
      flush: (done) => done(isWhole() ? undefined : breaks(wrong(from.client.host, digest))),
    });
    const source = Readable.fromWeb(answer.body as ReadableStream);
    source.on('error', (error) => checked.destroy(breaks(brokenOff(from.client.host, digest, error))));
    const body = source.pipe(checked);
    await to.client.writeBlob(to.path, upload, { digest, size, body }, signal);
  } catch (thrown) {
    stalled.signal.throwIfAborted();
    way.signal.throwIfAborted();
    throw broken ?? thrown;
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

function wrong(host: string, digest: string): GitkubeError {
  return new GitkubeError('RegistryUnavailable', `what the registry ${host} has as ${digest} is something else`, {
    hint: 'push the commit there again with -o no-cache, which builds it',
  });
}

function brokenOff(host: string, digest: string, cause: unknown): GitkubeError {
  return new GitkubeError('RegistryUnavailable', `the registry ${host} broke off while ${digest} came`, {
    hint: again,
    cause,
  });
}

function gone(host: string, digest: string): GitkubeError {
  return new GitkubeError('RegistryUnavailable', `the registry ${host} no longer has ${digest}`, {
    hint: 'push the commit there again, which builds it',
  });
}
