import type { Logger } from './log.ts';

interface AnyEvent {
  readonly kind: string;
}

type OfKind<Event extends AnyEvent, Kind> = Extract<Event, { readonly kind: Kind }>;

/** What reports events. */
export interface Emitter<Event extends AnyEvent> {
  readonly emit: (event: Event) => void;
}

/**
 * Typed events, each kind for any number of subscribers. One that throws disturbs neither the others nor the
 * reporter.
 */
export class Bus<Event extends AnyEvent> implements Emitter<Event> {
  readonly #log: Pick<Logger, 'error'>;
  readonly #listeners = new Map<string, Set<(event: never) => void>>();

  constructor(log: Pick<Logger, 'error'>) {
    this.#log = log;
  }

  /** @returns what ends the subscription */
  on<Kind extends Event['kind']>(kind: Kind, listener: (event: OfKind<Event, Kind>) => void): () => void {
    const listeners = this.#listeners.get(kind) ?? new Set();
    this.#listeners.set(kind, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  readonly emit = (event: Event): void => {
    for (const listener of this.#listeners.get(event.kind) ?? []) {
      try {
        (listener as (event: Event) => void)(event);
      } catch (err) {
        this.#log.error({ err, event: event.kind }, 'a subscriber failed');
      }
    }
  };
}
