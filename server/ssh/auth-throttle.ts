import { isIPv6 } from 'node:net';
import { systemClock } from '../../base/clock.ts';

export interface ThrottleLimits {
  /** Logins of one source that may fail without consequence: keys are mixed up, and many people share an address. */
  readonly freeFailures: number;
  /** Milliseconds that a wrong key waits for its answer after the failure behind those; doubles with each further one. */
  readonly firstMs: number;
  readonly maxMs: number;
  /** Milliseconds without a failure after which a source starts fresh. */
  readonly forgetMs: number;
}

interface Record {
  failures: number;
  lastAt: number;
}

const MAX_SOURCES = 10_000;

/**
 * How long a source whose logins failed waits to hear that a key is not known. Only that answer is late, and no connection
 * is refused for it: behind a load balancer or a NAT a whole team has the address of the guesser, and a key that is
 * known is taken at once. Wrong keys before the right one, as agents offer them, are no failure.
 */
export class AuthThrottle {
  readonly #limits: ThrottleLimits;
  readonly #monotonic: () => number;
  /** Longest without a failure first. */
  readonly #sources = new Map<string, Record>();

  constructor(limits: ThrottleLimits, monotonic: () => number = systemClock.monotonic) {
    this.#limits = limits;
    this.#monotonic = monotonic;
  }

  /** Milliseconds. */
  delayOf(address: string): number {
    const { freeFailures, firstMs, maxMs, forgetMs } = this.#limits;
    const found = this.#sources.get(sourceOf(address));
    if (!found || this.#monotonic() - found.lastAt >= forgetMs || found.failures <= freeFailures) return 0;
    return Math.min(maxMs, firstMs * 2 ** (found.failures - freeFailures - 1));
  }

  failed(address: string): void {
    const source = sourceOf(address);
    const found = this.#sources.get(source);
    const fresh = found && this.#monotonic() - found.lastAt < this.#limits.forgetMs;
    this.#sources.delete(source);
    this.#sources.set(source, { failures: (fresh ? found.failures : 0) + 1, lastAt: this.#monotonic() });
    const [oldest] = this.#sources.keys();
    if (this.#sources.size > MAX_SOURCES && oldest !== undefined) this.#sources.delete(oldest);
  }

  succeeded(address: string): void {
    this.#sources.delete(sourceOf(address));
  }
}

/** A client with an IPv6 address has 2^64 of them: the /64 is the source. IPv4 written as IPv6 is IPv4. */
function sourceOf(address: string): string {
  const mapped = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(mapped)) return mapped;
  const [head = '', tail] = mapped.split('::');
  const before = head.split(':').filter(Boolean);
  const after = (tail ?? '').split(':').filter(Boolean);
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array<string>(Math.max(0, zeros)).fill('0'), ...after].slice(0, 4).join(':');
}
