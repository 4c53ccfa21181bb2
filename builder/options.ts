import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { BuildLimits } from './build/build-image.ts';
import type { Engine } from './engine/engine.ts';
import type { ContentsPolicy } from './lfs/open-contents.ts';
import type { ProvenanceOptions } from './provenance/provenance.ts';
import type { BuildOrigin } from './provenance/statement.ts';
import type { PushLimits } from './push/push-image.ts';
import type { Registry } from './registry/client.ts';
import type { BuildSecrets, LfsServer, PromotedImage, Say } from './types.ts';

export interface BuilderLimits extends Partial<BuildLimits & PushLimits> {
  /** Builds at the same time, over all pushes. */
  readonly concurrentBuilds: number;
}

export const defaultLimits: BuildLimits & PushLimits = {
  maxContextBytes: 2 * 1024 ** 3,
  maxContextEntries: 200_000,
  maxOutputBytes: 16 * 1024 ** 2,
  buildTimeoutMs: 30 * 60_000,
  silenceMs: 60_000,
  pushTimeoutMs: 60 * 60_000,
  pushStallMs: 60_000,
};

export interface BuilderOptions extends ContentsPolicy {
  readonly engine: Engine;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits: BuilderLimits;
  /** Unset: none is stored. */
  readonly provenance?: ProvenanceOptions | undefined;
  /** `linux/arm64`; unset: the engine's own. */
  readonly platform?: string;
}

export interface PlanOptions {
  readonly signal: AbortSignal;
  /** Build again although the registry has an image of the same build key. */
  readonly noCache: boolean;
  /** Reads why a check takes long; unset: nobody does. */
  readonly say?: Say;
  /** The branch that is pushed to; unset: none. */
  readonly branch?: string;
  /** Images that other Remotes have released, by build key; unset: none. */
  readonly promoted?: ReadonlyMap<string, PromotedImage>;
  /** Where the content of files of Git LFS is; unset: nowhere. */
  readonly lfs?: LfsServer;
}

export interface BuildOptions extends PlanOptions {
  readonly say: Say;
  /** Ask for newer base images. */
  readonly pull?: boolean;
  /** What RUN steps may read; unset: nothing. */
  readonly secrets?: BuildSecrets;
  /** For the provenance; unset: none is stored. */
  readonly origin?: BuildOrigin;
  /** Kept as a label of the image. */
  readonly pushedBy?: string;
}
