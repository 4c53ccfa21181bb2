import { createHash } from 'node:crypto';
import type { ImageTarget } from '../types.ts';

/** Everything that decides what an image holds, apart from the base images behind its tags. */
export interface BuildKeyInputs {
  readonly contextTree: string;
  readonly dockerfileBlob: string;
  /** The blob of the .dockerignore that applies; unset: none. */
  readonly ignoreBlob?: string;
  /** `linux/amd64`. */
  readonly platform: string;
  readonly target: ImageTarget;
  /** As the engine gets them. */
  readonly buildArgs: Readonly<Record<string, string>>;
  /** Files of Git LFS that have their content, which an attribute outside of the context may decide: path and hash. */
  readonly lfs?: readonly (readonly [path: string, oid: string])[];
  /** The same of submodules, whose folders were empty. */
  readonly withSubmodules?: boolean;
}

/** Changes whenever Gitkube would make another image of the same inputs. */
const version = 'gitkube-build-3';

/**
 * Hex SHA-256. Every part is length-prefixed by JSON, so no two inputs can run into each other; build args count in any
 * order, and the last of two with the same name wins, as it does in the engine.
 */
export function buildKey(inputs: BuildKeyInputs): string {
  const { contextTree, dockerfileBlob, ignoreBlob, platform, target } = inputs;
  const args = Object.entries(inputs.buildArgs).sort(([a], [b]) => (a < b ? -1 : 1));
  const secrets = (target.container.secrets ?? []).map(({ name, secret, key }) => [name, secret, key]);
  const parts = [
    version,
    contextTree,
    dockerfileBlob,
    ignoreBlob ?? null,
    platform,
    target.container.target ?? null,
    args,
    // Not their values, which nobody may guess from it. Images without any keep the key that they always had.
    ...(secrets.length > 0 ? [secrets.sort(([a = ''], [b = '']) => (a < b ? -1 : 1))] : []),
    ...(inputs.lfs?.length ? [['lfs', ...inputs.lfs]] : []),
    ...(inputs.withSubmodules ? ['submodules'] : []),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/**
 * Build args as the engine takes them: verbatim, whatever they hold. Of those that every build could have only what the
 * Dockerfile declares is handed over, so all other images stay what they are from commit to commit; the Remote's own win.
 * @param predefined by name
 * @param declared the names that the Dockerfile declares with ARG
 */
export function buildArgs(
  target: ImageTarget,
  predefined: Readonly<Record<string, string>>,
  declared: ReadonlySet<string>,
): Record<string, string> {
  const offered = Object.entries(predefined).filter(([name]) => declared.has(name));
  const own = target.container.buildArgs.map(({ name, value }) => [name, value] as const);
  return Object.fromEntries([...offered, ...own]);
}

/** What a build can know of its push. Not the number of the release: there is none before the rollout has succeeded. */
export function predefinedArgs(commit: string, branch: string | undefined): Record<string, string> {
  return { GITKUBE_COMMIT: commit, ...(branch === undefined ? {} : { GITKUBE_BRANCH: branch }) };
}
