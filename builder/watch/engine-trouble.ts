import { again } from '../../base/again.ts';
import { GitkubeError } from '../../base/errors.ts';
import { within } from '../../base/within.ts';
import type { Engine } from '../engine/engine.ts';
import type { Trouble } from './silence-watch.ts';

/** Why nothing may be heard of an engine: it answers nobody. Undefined: it does, within `ms` milliseconds. */
export async function engineTrouble(engine: Engine, ms: number, signal: AbortSignal): Promise<Trouble | undefined> {
  const about: Trouble = (seconds) =>
    new GitkubeError('EngineUnavailable', `the Docker Engine at ${engine.address} has not answered for ${seconds} s`, {
      hint: `${again} in a moment; if this persists, ask the operator of the server`,
    });
  try {
    await within(
      ms,
      signal,
      () => about(ms / 1000),
      (limited) => engine.ping(limited),
    );
    return undefined;
  } catch {
    signal.throwIfAborted();
    return about;
  }
}
