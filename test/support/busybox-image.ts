import { createHash } from 'node:crypto';
import { rig } from './rig.ts';

const accept = 'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json';

interface Manifest {
  readonly mediaType: string;
  readonly config: { readonly digest: string; readonly size: number };
}

/**
 * An image that is busybox running this script, made in the registry itself without an engine: the base image with another
 * config. The same script is the same image.
 * @returns its name by digest
 */
export async function busyboxImage(script: string): Promise<string> {
  const { baseImage } = rig();
  const [, host = '', name = '', tag = 'latest'] = /^([^/]+)\/(.+?)(?::([^:/]+))?$/.exec(baseImage) ?? [];
  const repository = `http://${host}/v2/${name}`;
  const answer = await ok(await fetch(`${repository}/manifests/${tag}`, { headers: { accept } }));
  const manifest = (await answer.json()) as Manifest;
  const config = (await (await ok(await fetch(`${repository}/blobs/${manifest.config.digest}`))).json()) as {
    config: object;
  };
  const body = JSON.stringify({ ...config, config: { ...config.config, Cmd: ['/bin/sh', '-c', script] } });
  const digest = await upload(repository, body);
  const changed = { ...manifest, config: { ...manifest.config, digest, size: Buffer.byteLength(body) } };
  const contentType = answer.headers.get('content-type') ?? manifest.mediaType;
  const stored = await ok(
    await fetch(`${repository}/manifests/${digest.slice(7, 19)}`, {
      method: 'PUT',
      headers: { 'content-type': contentType },
      body: JSON.stringify(changed),
    }),
  );
  return `${host}/${name}@${stored.headers.get('docker-content-digest')}`;
}

async function upload(repository: string, body: string): Promise<string> {
  const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  const start = await ok(await fetch(`${repository}/blobs/uploads/`, { method: 'POST' }));
  const url = new URL(start.headers.get('location') ?? '', repository);
  url.searchParams.set('digest', digest);
  const headers = { 'content-type': 'application/octet-stream' };
  await ok(await fetch(url, { method: 'PUT', headers, body }));
  return digest;
}

async function ok(response: Response): Promise<Response> {
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${await response.text()}`);
  return response;
}
