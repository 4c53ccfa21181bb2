/** What the building of images asks of a Docker Engine beside the build itself. */
import { createReadStream } from 'node:fs';
import { callEngine } from '../../test/cluster/engine-api.ts';
import { RigError } from '../../test/cluster/rig-error.ts';

/** The path of the socket of `unix:///path`. */
export function socketOf(engine: string): string {
  if (engine.startsWith('unix:///')) return engine.slice('unix://'.length);
  throw new RigError(`the engine ${engine} is not behind a unix socket`, { hint: ['--engine unix:///path'] });
}

export async function hasImage(socket: string, name: string): Promise<boolean> {
  return (await callEngine(socket, `/images/${name}/json`, { accept: [404], timeout: 60_000 })).includes('"Id"');
}

/** Whether the engine has the image or gets an answer about it from its registry, which it may take a few seconds for. */
export async function canPull(socket: string, name: string): Promise<boolean> {
  if (await hasImage(socket, name)) return true;
  const answer = callEngine(socket, `/distribution/${name}/json`, { timeout: 5000 });
  return answer.then(
    () => true,
    () => false,
  );
}

/** Makes an image of one layer from the archive of a root file system. */
export async function importImage(
  socket: string,
  archive: string,
  name: string,
  changes: readonly string[],
): Promise<void> {
  const [repository, tag] = splitName(name);
  const query = new URLSearchParams({ fromSrc: '-', repo: repository, tag });
  for (const change of changes) query.append('changes', change);
  await callEngine(socket, `/images/create?${query}`, {
    method: 'POST',
    body: createReadStream(archive),
    headers: { 'content-type': 'application/x-tar' },
    timeout: 300_000,
  });
}

export async function tagImage(socket: string, name: string, alias: string): Promise<void> {
  const [repository, tag] = splitName(alias);
  const query = new URLSearchParams({ repo: repository, tag });
  await callEngine(socket, `/images/${name}/tag?${query}`, { method: 'POST' });
}

export async function pushImage(socket: string, name: string): Promise<void> {
  const [repository, tag] = splitName(name);
  // The engine wants credentials even where none are needed: base64 of an empty object.
  const headers = { 'x-registry-auth': 'e30=' };
  await callEngine(socket, `/images/${repository}/push?tag=${tag}`, { method: 'POST', headers, timeout: 600_000 });
}

/** Megabytes of all layers. */
export async function imageSize(socket: string, name: string): Promise<number> {
  const { Size } = JSON.parse(await callEngine(socket, `/images/${name}/json`)) as { Size: number };
  return Math.round(Size / 1e6);
}

function splitName(name: string): [repository: string, tag: string] {
  const [, repository = name, tag = 'latest'] = /^(.*):([^:/]+)$/.exec(name) ?? [];
  return [repository, tag];
}
