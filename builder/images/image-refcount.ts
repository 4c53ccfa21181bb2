import { untilAborted } from '../../base/until-aborted.ts';

type CleanUp = () => Promise<void>;

interface Refs {
  count: number;
  readonly cleanUps: CleanUp[];
  cleaning?: Promise<void>;
}

/**
 * Equal inputs make one image in the engine, whatever repositories it is for: two Remotes of one commit, pushed at once.
 * The engine removes an image with the last of its names, also while a build is about to give it another one, and that
 * build fails. So the names of a build key are removed together when nobody uses the key, and nobody begins until that
 * is done.
 */
export class ImageRefcount {
  readonly #keys = new Map<string, Refs>();

  /**
   * Resolves when the image of this key may be used; rejects with the signal's reason when that aborts first.
   * @returns call it to give the image back: what it is handed is done when nobody uses the image, and settles its promise
   */
  async enter(key: string, signal: AbortSignal): Promise<(cleanUp: CleanUp) => Promise<void>> {
    for (let last = this.#keys.get(key); last?.cleaning; last = this.#keys.get(key)) {
      await untilAborted(last.cleaning, signal);
    }
    const refs = this.#keys.get(key) ?? { count: 0, cleanUps: [] };
    this.#keys.set(key, refs);
    refs.count++;
    return (cleanUp) => {
      const cleaned = Promise.withResolvers<void>();
      refs.cleanUps.push(() => {
        const work = cleanUp();
        cleaned.resolve(work);
        return work;
      });
      if (--refs.count === 0) refs.cleaning = this.#cleanUp(key, refs);
      return cleaned.promise;
    };
  }

  /** One after the other: the engine is confused by two who remove the last two names of an image at once. */
  async #cleanUp(key: string, { cleanUps }: Refs): Promise<void> {
    // Who handed it in hears how it ended.
    for (const cleanUp of cleanUps) await cleanUp().catch(() => {});
    this.#keys.delete(key);
  }
}
