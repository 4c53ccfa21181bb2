import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importToNode, removeFromNode } from '../cluster/containerd.ts';
import { callEngine, loadImage } from '../cluster/engine-api.ts';
import { findLocalRig } from '../cluster/local-rig.ts';
import type { Progress } from '../cluster/progress.ts';
import { nodeImage } from './node-image.ts';
import { NpmRelay } from './npm-relay.ts';
import { postgresImage } from './postgres-image.ts';
import { type StandIn, writeStandIn } from './stand-in.ts';

/** The cluster that gets the images. */
export interface Place {
  readonly stateDir: string;
  readonly engineSocket: string;
  /** This machine as builds see it. */
  readonly hostAddress: string;
  readonly progress: Progress;
}

/**
 * The images that the documentation takes from Docker Hub, where this machine's cluster cannot pull them; elsewhere nothing
 * is done. They are gone with the result.
 */
export async function bringStandIns(place: Place): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const rig = findLocalRig(place.stateDir);
  if (rig !== undefined) {
    const relay = stack.use(await NpmRelay.start(place.hostAddress));
    const build = stack.use(await make(nodeImage(relay.url), place));
    await loadImage(place.engineSocket, build.archive);
    stack.defer(() => forget(place.engineSocket, 'node:24-slim'));
    const pulled = stack.use(await make(postgresImage, place));
    await importToNode(rig, pulled.archive);
    stack.defer(() => removeFromNode(rig, `docker.io/library/${postgresImage.name}`));
  }
  const kept = stack.move();
  return { [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

async function make(image: StandIn, { progress }: Place): Promise<{ archive: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'gitkube-image-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    progress.line(`${image.name} cannot be pulled: an image of npm's packages takes its place`);
    const archive = await progress.step(`make ${image.name}`, () => writeStandIn(image, folder));
    return { archive, [Symbol.asyncDispose]: remove };
  } catch (thrown) {
    await remove();
    throw thrown;
  }
}

async function forget(socket: string, name: string): Promise<void> {
  await callEngine(socket, `/images/${name}?force=1`, { method: 'DELETE', accept: [404] });
}
