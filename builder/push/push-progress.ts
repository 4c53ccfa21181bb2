import type { EngineMessage } from '../engine/build-events.ts';

interface Layer {
  status: string;
  current: number;
  total: number;
}

/** What a message of the engine means for the push under way. */
export type PushEvent =
  | { readonly kind: 'moved' }
  /** A layer is in the registry that was not before. */
  | { readonly kind: 'stored' }
  /** The engine could not push a layer and tries again, counting down second by second; why is only in its own log. */
  | { readonly kind: 'retry'; readonly seconds: number };

const stored = /^(?:Pushed|Layer already exists|Mounted from .*|Skipped foreign layer)$/;
const retrying = /^Retrying in (\d+) seconds?$/;
/** Said of a layer before anything is done for it, however long that takes. */
const still = /^(?:Preparing|Waiting|Unavailable)$/;

/**
 * Reads the engine's messages about one image, over all tries
 * (https://github.com/moby/moby/blob/v28.3.0/daemon/internal/distribution/xfer/upload.go).
 */
export class PushProgress {
  readonly #layers = new Map<string, Layer>();
  readonly #stored = new Set<string>();

  /** @returns undefined for a message that says nothing new */
  take({ id = '', status = '', progressDetail }: EngineMessage): PushEvent | undefined {
    const { current = 0, total = 0 } = progressDetail ?? {};
    const before = this.#layers.get(id);
    this.#layers.set(id, { status, current: Math.min(current, total), total });
    const [, seconds] = retrying.exec(status) ?? [];
    if (seconds !== undefined) return { kind: 'retry', seconds: Number(seconds) };
    if (stored.test(status) && !this.#stored.has(id)) {
      this.#stored.add(id);
      return { kind: 'stored' };
    }
    const same = before?.status === status && before.current === Math.min(current, total);
    return same || still.test(status) ? undefined : { kind: 'moved' };
  }

  /** Nothing of the image moves because the engine is busy with other pushes: it sends a few layers at a time. */
  get queued(): boolean {
    const pending = [...this.#layers.values()].filter(({ status }) => !stored.test(status));
    const waiting = pending.filter(({ status }) => status === 'Waiting').length;
    return waiting > 0 && !pending.some(({ status }) => status === 'Pushing' || retrying.test(status));
  }

  /** Bytes of the layers that are being sent, or were. */
  get bytes(): { readonly current: number; readonly total: number } {
    const sum = { current: 0, total: 0 };
    for (const { current, total } of this.#layers.values()) {
      sum.current += current;
      sum.total += total;
    }
    return sum;
  }
}
