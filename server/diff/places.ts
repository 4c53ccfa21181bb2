import { again } from '../../base/again.ts';
import { GitkubeError } from '../../base/errors.ts';
import { count, plain } from '../../base/text.ts';

/** Each renders manifests, for which pushes wait as well, and asks the API server for every object. */
const maxOfRemote = 2;
const maxOfServer = 4;

/** How many diffs are under way at once. */
export class DiffPlaces {
  readonly #taken = new Map<symbol, string>();

  /**
   * @param id of the Remote
   * @returns what gives the place back
   * @throws ServerBusy
   */
  take(id: string): Disposable {
    const ofRemote = [...this.#taken.values()].filter((one) => one === id).length;
    if (ofRemote >= maxOfRemote) throw tooMany(ofRemote, plain(id));
    if (this.#taken.size >= maxOfServer) throw tooMany(this.#taken.size, 'this server');
    const place = Symbol();
    this.#taken.set(place, id);
    return { [Symbol.dispose]: () => void this.#taken.delete(place) };
  }
}

function tooMany(others: number, of: string): GitkubeError {
  return new GitkubeError('ServerBusy', `${count(others, 'diff')} of ${of} are under way, which is the limit`, {
    hint: `${again} when one of them has ended`,
  });
}
