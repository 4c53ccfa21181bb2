/** Deletes an image where it lies, as a clean-up of the registry does. @param image `host/path@sha256:…` */
export async function deleteImage(image: string): Promise<void> {
  const [, host, path, digest] = /^([^/]+)\/([^@]+)@(.+)$/.exec(image) ?? [];
  const response = await fetch(`http://${host}/v2/${path}/manifests/${digest}`, { method: 'DELETE' });
  await response.body?.cancel();
  if (response.status !== 202) throw new Error(`DELETE of ${image} answers ${response.status}`);
}
