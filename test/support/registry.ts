import { eventually } from './eventually.ts';

/** Deletes an image where it lies, as a clean-up of the registry does. @param image `host/path@sha256:…` */
export async function deleteImage(image: string): Promise<void> {
  const [, host, path, digest] = /^([^/]+)\/([^@]+)@(.+)$/.exec(image) ?? [];
  const response = await fetch(`http://${host}/v2/${path}/manifests/${digest}`, { method: 'DELETE' });
  await response.body?.cancel();
  if (response.status !== 202) throw new Error(`DELETE of ${image} answers ${response.status}`);
}

/**
 * What the registry answers as JSON. While a tag arrives for a digest, distribution 2.8 rewrites the file that says the
 * digest is there, in place: who reads it in that moment gets a 500. The tag of the commit comes after a build has ended.
 */
export async function registryJson(url: string, accept: string): Promise<unknown> {
  return eventually(async () => {
    const response = await fetch(url, { headers: { accept } });
    if (!response.ok) throw new Error(`GET ${url} answers ${response.status}: ${await response.text()}`);
    return response.json();
  });
}
