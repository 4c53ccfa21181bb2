import type { AsyncSignal } from '../../base/async-signal.ts';
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
   * @param again the reader wants it at once
   * @throws RemoteUnknown; ServedElsewhere; UsageInvalid; ServerBusy; while it is read, what says that the key may no more
   */
  async watch(
    name: RemoteName | undefined,
    principal: Principal,
    again: AsyncSignal,
    signal: AbortSignal,
  ): Promise<AsyncIterable<RemoteState>> {
    const remote = await chooseRemote(this.#options, name, principal, 'read');
    if (this.#watched >= maxAtOnce) throw tooMany();
    return this.#states(remote, principal, again, signal);
  }

  async *#states(
    known: Remote,
    principal: Principal,
    again: AsyncSignal,
    signal: AbortSignal,
  ): AsyncGenerator<RemoteState> {
    const { access, clock, remotes, state } = this.#options;
    const until = clock.monotonic() + longestMs;
    const off = remotes.onChange(({ id }) => void (id === known.id && again.notify()));
    const wake = new Wake(again, clock, signal);
    this.#watched++;
    try {
      while (!signal.aborted) {
        yield await state(access.authorize(known, principal, 'read'));
        if (clock.monotonic() >= until) return;
        await wake.next();
      }
    } finally {
      this.#watched--;
      off();
    }
  }
}

/** A change, or the time to look again; one that comes between two waits counts for the next one. */
class Wake {
  readonly #again: AsyncSignal;
  readonly #clock: Pick<Clock, 'delay'>;
  readonly #signal: AbortSignal;
  #change: Promise<void>;

  constructor(again: AsyncSignal, clock: Pick<Clock, 'delay'>, signal: AbortSignal) {
    this.#again = again;
    this.#clock = clock;
    this.#signal = signal;
    this.#change = again.wait();
  }

  /** Never rejects. */
  async next(): Promise<void> {
    const changed = this.#change.then(() => {
      this.#change = this.#again.wait();
    });
    const late = new AbortController();
    const time = this.#clock.delay(lookAgainMs, late.signal).catch(() => {});
    await untilAborted(Promise.race([changed, time]), this.#signal).catch(() => {});
    late.abort();
  }
}

function tooMany(): GitkubeError {
  return new GitkubeError('ServerBusy', `${maxAtOnce} terminals watch Remotes of this server, which is the limit`, {
    hint: 'type status without -w, or try again when one of them has ended',
  });
}
