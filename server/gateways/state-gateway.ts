import { again } from '../../base/again.ts';
import { AsyncSignal } from '../../base/async-signal.ts';
import type { Clock } from '../../base/clock.ts';
import { GitkubeError } from '../../base/errors.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { Remote, Remotes } from '../../remote-crd/index.ts';
import { type ChoiceParts, chooseRemote } from '../access/choose-remote.ts';
import type { Principal } from '../access/principal.ts';
import type { RemoteName } from '../access/remote-name.ts';
import type { RemoteState } from './remote-state.ts';

export interface StateGatewayOptions extends ChoiceParts {
  readonly remotes: ChoiceParts['remotes'] & Pick<Remotes, 'onChange'>;
  readonly state: (remote: Remote) => Promise<RemoteState>;
  readonly clock: Pick<Clock, 'monotonic' | 'delay'>;
}

/** Pods say nothing to this server when they come and go. Each look asks the API server once for each workload. */
const lookAgainMs = 2000;
/** However often it changes. */
const lookMs = 250;
/** A terminal that is forgotten asks for ever. */
const longestMs = 3_600_000;
/** Of this server. */
const maxAtOnce = 20;

/** The state of a Remote, as it changes. */
export class StateGateway {
  readonly #options: StateGatewayOptions;
  #watched = 0;

  constructor(options: StateGatewayOptions) {
    this.#options = options;
  }

  /**
   * The state now, and whenever it may be another one, to the end of an hour.
   * @param name undefined: the only Remote of this key
   * @param onRedraw is given what the reader calls for the last state once more, which asks nobody
   * @throws RemoteUnknown; ServedElsewhere; UsageInvalid; ServerBusy; while it is read, what says that the key may no more
   */
  async watch(
    name: RemoteName | undefined,
    principal: Principal,
    onRedraw: (redraw: () => void) => void,
    signal: AbortSignal,
  ): Promise<AsyncIterable<RemoteState>> {
    const remote = await chooseRemote(this.#options, name, principal, 'inspect');
    const leave = this.#enter(signal);
    const wake = new Wake(this.#options.clock, signal);
    onRedraw(() => wake.redraw());
    return this.#states(remote, principal, wake, { signal, leave });
  }

  /** @returns what ends it, which the signal does as well: nobody may ever read the states. @throws ServerBusy */
  #enter(signal: AbortSignal): () => void {
    if (this.#watched >= maxAtOnce) throw tooMany();
    this.#watched++;
    let isIn = true;
    const leave = () => {
      if (isIn) this.#watched--;
      isIn = false;
    };
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    return leave;
  }

  async *#states(
    known: Remote,
    principal: Principal,
    wake: Wake,
    { signal, leave }: { readonly signal: AbortSignal; readonly leave: () => void },
  ): AsyncGenerator<RemoteState> {
    const { access, clock, remotes, state } = this.#options;
    const until = clock.monotonic() + longestMs;
    const off = remotes.onChange(({ id }) => void (id === known.id && wake.change()));
    try {
      while (!signal.aborted) {
        const now = await state(access.authorize(known, principal, { verb: 'inspect' }));
        wake.looked();
        do {
          yield now;
          if (clock.monotonic() >= until) return;
        } while ((await wake.next()) === 'redraw');
      }
    } finally {
      leave();
      off();
    }
  }
}

/** When to look again, or to show what was seen last; a change that comes between two waits counts for the next one. */
class Wake {
  readonly #clock: Pick<Clock, 'monotonic' | 'delay'>;
  readonly #signal: AbortSignal;
  readonly #news = new AsyncSignal();
  #isChanged = false;
  #isToBeDrawn = false;
  #lookedAt = 0;

  constructor(clock: Pick<Clock, 'monotonic' | 'delay'>, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
  }

  change(): void {
    this.#isChanged = true;
    this.#news.notify();
  }

  redraw(): void {
    this.#isToBeDrawn = true;
    this.#news.notify();
  }

  looked(): void {
    this.#lookedAt = this.#clock.monotonic();
  }

  /** Never rejects. */
  async next(): Promise<'look' | 'redraw'> {
    while (!this.#signal.aborted) {
      const restMs = this.#lookedAt + (this.#isChanged ? lookMs : lookAgainMs) - this.#clock.monotonic();
      if (restMs <= 0) break;
      if (this.#isToBeDrawn) {
        this.#isToBeDrawn = false;
        return 'redraw';
      }
      await this.#wait(restMs);
    }
    // A look is drawn as well.
    this.#isChanged = false;
    this.#isToBeDrawn = false;
    return 'look';
  }

  async #wait(ms: number): Promise<void> {
    const late = new AbortController();
    const time = this.#clock.delay(ms, late.signal).catch(() => {});
    await untilAborted(Promise.race([this.#news.wait(), time]), this.#signal).catch(() => {});
    late.abort();
  }
}

function tooMany(): GitkubeError {
  return new GitkubeError('ServerBusy', `${maxAtOnce} terminals watch Remotes of this server, which is the limit`, {
    hint: `type status without -w, or ${again} when one of them has ended`,
  });
}
