import { createHash } from 'node:crypto';
import type { ImageTarget } from './types.ts';

/** Everything that decides what an image holds, apart from the base images behind its tags. */
export interface BuildKeyInputs {
  readonly contextTree: string;
  readonly dockerfileBlob: string;
  /** The blob of the .dockerignore that applies; unset: none. */
  readonly ignoreBlob?: string;
  /** `linux/amd64`. */
  readonly platform: string;
  readonly target: ImageTarget;
}

/** Changes whenever Gitkube would make another image of the same inputs. */
const version = 'gitkube-build-2';

/**
 * Hex SHA-256. Every part is length-prefixed by JSON, so no two inputs can run into each other; build args count in any
 * order, and the last of two with the same name wins, as it does in the engine.
 */
export function buildKey({ contextTree, dockerfileBlob, ignoreBlob, platform, target }: BuildKeyInputs): string {
  const args = Object.entries(buildArgs(target)).sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = [
    version,
    contextTree,
    dockerfileBlob,
    ignoreBlob ?? null,
    platform,
    target.container.target ?? null,
    args,
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** Build args as the engine takes them: verbatim, whatever they hold. */
export function buildArgs(target: ImageTarget): Record<string, string> {
  return Object.fromEntries(target.container.buildArgs.map(({ name, value }) => [name, value]));
}
