import { join } from 'node:path';
import { GitkubeError } from '../../base/errors.ts';
import { count, duration } from '../../base/text.ts';
import { within } from '../../base/within.ts';
import { allowedUrl } from '../context/submodules.ts';
import type { BlobContents, LfsServer, PlannedImage, Say, SourceTree } from '../types.ts';
import { fetchLfs } from './fetch-lfs.ts';
import { LfsClient, type LfsOptions } from './lfs-client.ts';
import { withoutServer } from './lfs-source.ts';

/** From where, and how much of it. */
export interface ContentsPolicy {
  /** Default: no server is allowed without TLS. */
  readonly lfs?: LfsOptions;
  /** Hosts, with a port where they have one, from which submodules are fetched; default: none. */
  readonly submoduleHosts?: readonly string[];
  /** Bytes of files of Git LFS, and of each submodule, that are kept for one repository; default: those of a build context. */
  readonly maxKeptBytes?: number;
}

export interface ContentsInputs extends ContentsPolicy {
  readonly source: SourceTree;
  readonly server: LfsServer | undefined;
  readonly limits: {
    readonly maxContextBytes: number;
    readonly buildTimeoutMs: number;
    readonly pushStallMs: number;
  };
  readonly say: Say;
  readonly signal: AbortSignal;
}

/**
 * Fetches what the commit only names and an image is built of: files of Git LFS, and submodules.
 * @returns undefined: it is built of none
 * @throws LfsUnsupported; LfsUnavailable; SubmoduleUnavailable; ContextTooLarge; DiskFull; BuildTimeout
 */
export async function openContents(
  image: PlannedImage,
  inputs: ContentsInputs,
): Promise<(BlobContents & AsyncDisposable) | undefined> {
  const { submodules = [], lfs = [], label } = image;
  if (lfs.length + submodules.length === 0) return undefined;
  const { buildTimeoutMs: ms } = inputs.limits;
  const open = (signal: AbortSignal) => fetchContents(image, { ...inputs, signal });
  return within(ms, inputs.signal, () => tooSlow(label, ms), open);
}

async function fetchContents(image: PlannedImage, inputs: ContentsInputs) {
  const { submodules = [] } = image;
  const { source, submoduleHosts = [], maxKeptBytes, say, signal } = inputs;
  if (submodules.length > 0) say(`fetching ${count(submodules.length, 'submodule')}`);
  return source.openContents({
    files: await lfsFiles(image, inputs),
    submodules,
    allowedUrl: (url) => allowedUrl(url, submoduleHosts),
    signal,
    ...(maxKeptBytes !== undefined && { maxModuleBytes: maxKeptBytes }),
  });
}

/** @returns paths by the id of the blob that is the pointer */
async function lfsFiles(
  { lfs: files = [], label }: PlannedImage,
  { source, server, limits, lfs: options = { insecureHosts: [] }, maxKeptBytes, say, signal }: ContentsInputs,
): Promise<ReadonlyMap<string, string>> {
  if (files.length === 0) return new Map();
  if (!server) throw withoutServer(label, files);
  const { maxContextBytes: maxBytes, pushStallMs: stallMs } = limits;
  const paths = await fetchLfs(files, {
    client: new LfsClient(server, options),
    folder: join(source.lfsFolder, 'contents'),
    maxBytes,
    maxKeptBytes: maxKeptBytes ?? maxBytes,
    stallMs,
    say,
    signal,
  });
  return new Map(files.map(({ blob, oid }) => [blob, paths.get(oid) ?? '']));
}

function tooSlow(label: string, ms: number): GitkubeError {
  const message = `files of Git LFS or submodules of ${label} were not fetched within ${duration(ms)}`;
  return new GitkubeError('BuildTimeout', message, {
    hint: 'ask the operator for a larger GITKUBE_BUILD_TIMEOUT_SECONDS',
  });
}
