/**
 * Images as a registry has them, in the cache. A new cluster has an empty registry; what is kept goes there in
 * a second, while importing, building and compressing it takes a minute. Only images whose tags name their content are kept.
 */
import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { request } from '../../test/cluster/request.ts';

export const manifestTypes =
  'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json';

interface Manifest {
  readonly mediaType: string;
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string }[];
}

/** Names of one repository that are kept; sources change often. */
const maxKept = 2;

/** @param name `repository:tag` */
export function isKept(cacheDir: string, name: string): boolean {
  return existsSync(join(folderOf(cacheDir, name), 'manifest.json'));
}

/**
 * Uploads what `keep` downloaded.
 * @param registry host[:port][/path], without TLS and passwords
 */
export async function uploadKept(cacheDir: string, name: string, registry: string): Promise<void> {
  const folder = folderOf(cacheDir, name);
  const text = await readFile(join(folder, 'manifest.json'), 'utf8');
  const { base, tag } = urlsOf(name, registry);
  for (const digest of digestsOf(JSON.parse(text))) await uploadBlob(base, digest, join(folder, digest));
  await put(`${base}/manifests/${tag}`, { 'content-type': (JSON.parse(text) as Manifest).mediaType }, text);
}

/** Downloads an image from a registry that has it. Half a download is never seen. */
export async function keep(cacheDir: string, name: string, registry: string): Promise<void> {
  const folder = folderOf(cacheDir, name);
  const unfinished = `${folder}.unfinished-${randomBytes(4).toString('hex')}`;
  const { base, tag } = urlsOf(name, registry);
  await mkdir(unfinished, { recursive: true });
  try {
    const text = await (await get(`${base}/manifests/${tag}`, { accept: manifestTypes })).text();
    for (const digest of digestsOf(JSON.parse(text))) {
      const { body } = await get(`${base}/blobs/${digest}`);
      if (body) await pipeline(Readable.fromWeb(body), createWriteStream(join(unfinished, digest)));
    }
    await writeFile(join(unfinished, 'manifest.json'), text);
    await rename(unfinished, folder);
    await forgetOthers(cacheDir, name);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function forgetOthers(cacheDir: string, name: string): Promise<void> {
  const repository = `${name.split(':')[0]}:`;
  const folder = join(cacheDir, 'images/published');
  const names = (await readdir(folder)).filter((each) => each.startsWith(repository) && !each.includes('.unfinished-'));
  const aged = await Promise.all(names.map(async (each) => ({ each, at: (await stat(join(folder, each))).mtimeMs })));
  const old = aged.sort((a, b) => b.at - a.at).slice(maxKept);
  for (const { each } of old) await rm(join(folder, each), { recursive: true, force: true });
}

async function uploadBlob(base: string, digest: string, file: string): Promise<void> {
  const { status } = await request(`${base}/blobs/${digest}`, { method: 'HEAD' });
  if (status === 200) return;
  const begun = await fetch(`${base}/blobs/uploads/`, { method: 'POST' });
  const location = new URL(begun.headers.get('location') ?? '', base);
  location.searchParams.set('digest', digest);
  const { size } = await stat(file);
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(size) };
  await put(location.href, headers, createReadStream(file));
}

async function put(url: string, headers: Record<string, string>, body: string | NodeJS.ReadableStream): Promise<void> {
  const content = typeof body === 'string' ? body : (body as AsyncIterable<Uint8Array>);
  const { status, body: said } = await request(url, { method: 'PUT', headers, body: content, timeout: 120_000 });
  if (status !== 201) throw new Error(`PUT ${url}: status ${status} ${said}`);
}

async function get(url: string, headers: Record<string, string> = {}): Promise<globalThis.Response> {
  const response = await fetch(url, { headers });
  if (!response.ok) throw new Error(`GET ${url}: status ${response.status}`);
  return response;
}

function digestsOf({ config, layers }: Manifest): string[] {
  return [...new Set([config, ...layers].map(({ digest }) => digest))];
}

function urlsOf(name: string, registry: string): { base: string; tag: string } {
  const [host = '', ...path] = registry.split('/');
  const [repository = '', tag = ''] = name.split(':');
  return { base: `http://${host}/v2/${[...path, repository].join('/')}`, tag };
}

function folderOf(cacheDir: string, name: string): string {
  return join(cacheDir, 'images/published', name);
}
