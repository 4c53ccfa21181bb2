import type { Clock } from '../../../base/clock.ts';
import { rfc3339 } from '../../../base/rfc3339.ts';
import type { Remote, StatusWriter } from '../../../remote-crd/index.ts';

export interface LastUsesParts {
  readonly status: Pick<StatusWriter, 'setTokenUse'>;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * On which day each token was last used, for the status of its Remote. To the day: it shows what nobody needs any more, a write
 * for each request would be many, and when somebody works is nobody's business.
 */
export class LastUses {
  readonly #parts: LastUsesParts;
  #day = '';
  /** Reported on that day. */
  readonly #reported = new Set<string>();

  constructor(parts: LastUsesParts) {
    this.#parts = parts;
  }

  /** @param kept the ids of all tokens of the Remote */
  note(
    { namespace, name, uid }: Pick<Remote, 'namespace' | 'name' | 'uid'>,
    id: string,
    kept: readonly string[],
  ): void {
    const { status, clock } = this.#parts;
    const day = rfc3339(clock.now()).slice(0, 10);
    if (day !== this.#day) this.#reported.clear();
    this.#day = day;
    const key = `${uid} ${id}`;
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    status.setTokenUse(`${namespace}/${name}`, { id, lastUsed: day }, kept);
  }
}
