type CleanUp = () => Promise<void>;

interface Users {
  count: number;
  readonly cleanUps: CleanUp[];
  cleaning?: Promise<void>;
}

/**
 * Equal inputs make one image in the engine, whatever repositories it is for: two Remotes of one commit, pushed at once.
 * The engine removes an image with the last of its names, also while a build is about to give it another one, and that
 * build fails. So the names of a build key are removed together when nobody uses the key, and nobody begins meanwhile.
 */
export class ImageUsers {
  readonly #keys = new Map<string, Users>();

  /**
   * Resolves when the image of this key may be used.
   * @returns call it to give the image back: what it is handed is done when nobody uses the image, and settles its promise
   */
  async enter(key: string): Promise<(cleanUp: CleanUp) => Promise<void>> {
    for (let last = this.#keys.get(key); last?.cleaning; last = this.#keys.get(key)) await last.cleaning;
    const users = this.#keys.get(key) ?? { count: 0, cleanUps: [] };
    this.#keys.set(key, users);
    users.count++;
    return (cleanUp) => {
      const cleaned = Promise.withResolvers<void>();
      users.cleanUps.push(() => {
        const work = cleanUp();
        cleaned.resolve(work);
        return work;
      });
      if (--users.count === 0) this.#cleanUp(key, users);
      return cleaned.promise;
    };
  }

  #cleanUp(key: string, users: Users): void {
    const work = Promise.allSettled(users.cleanUps.map((cleanUp) => cleanUp()));
    users.cleaning = work.then(() => void this.#keys.delete(key));
  }
}
