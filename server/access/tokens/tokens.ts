import { timingSafeEqual } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../../base/clock.ts';
import { retry } from '../../../base/retry.ts';
import { plain } from '../../../base/text.ts';
import { untilAborted } from '../../../base/until-aborted.ts';
import type { Kube } from '../../../kube/index.ts';
import { type Remote, tokensSecretName } from '../../../remote-crd/index.ts';
import type { Principal } from '../principal.ts';
import type { LastUses } from './last-uses.ts';
import { readToken } from './token.ts';
import { type TokenRecord, tokensIn } from './token-secret.ts';

export interface TokensOptions {
  readonly kube: Pick<Kube, 'getSecret'>;
  readonly clock: Clock;
  readonly uses: Pick<LastUses, 'note'>;
}

type Named = Pick<Remote, 'namespace' | 'name' | 'uid'>;

interface Known {
  readonly records: Promise<ReadonlyMap<string, TokenRecord>>;
  /** On the monotonic clock. */
  readonly until: number;
}

/** A fetch is two requests, a push three; and a token that is removed ends within that time. */
const knownMs = 5000;
const keptRemotes = 1000;
const patience = { tries: 6, firstMs: 250, maxMs: 4000, giveUpMs: 20_000 };

/** The tokens of Remotes, as their Secrets have them. */
export class Tokens {
  readonly #options: TokensOptions;
  readonly #known = new Map<string, Known>();

  constructor(options: TokensOptions) {
    this.#options = options;
  }

  /**
   * Who has this token of a Remote.
   * @returns undefined: it is none of it, or was removed; one that has expired is known, and may do nothing
   * @throws ClusterUnavailable; ClusterForbidden
   */
  async principalOf(remote: Named, text: string, address: string | undefined): Promise<Principal | undefined> {
    const token = readToken(text);
    if (!token) return undefined;
    const records = await this.#records(remote);
    const record = records.get(token.id);
    if (!record || !isSame(record.sha256, token.hash)) return undefined;
    this.#options.uses.note(remote, token.id, [...records.keys()]);
    const expiresAt = record.expires === undefined ? undefined : Date.parse(record.expires);
    const { may, branches } = record;
    // A build may have taken an hour: what passes in a moment does not end its push.
    const ask = (signal: AbortSignal) =>
      untilAborted(
        retry(() => this.#ask(remote), { clock: this.#options.clock, ...patience, signal }),
        signal,
      );
    const isKept = async (signal: AbortSignal) => isDeepStrictEqual((await ask(signal)).get(token.id), record);
    return {
      fingerprint: `token:${token.id}`,
      name: plain(record.name, 128),
      ...(address !== undefined && { address }),
      grant: {
        uid: remote.uid,
        isKept,
        grants: [{ rights: may, ...(branches && { branches }) }],
        ...(expiresAt !== undefined && { expiresAt }),
      },
    };
  }

  #records(remote: Named): Promise<ReadonlyMap<string, TokenRecord>> {
    const known = this.#known.get(remote.uid);
    return known && this.#options.clock.monotonic() < known.until ? known.records : this.#ask(remote);
  }

  #ask({ namespace, name, uid }: Named): Promise<ReadonlyMap<string, TokenRecord>> {
    const { kube, clock } = this.#options;
    const records = kube.getSecret(namespace, tokensSecretName(name)).then((secret) => tokensIn(secret, uid));
    const entry = { records, until: clock.monotonic() + knownMs };
    this.#known.delete(uid);
    this.#known.set(uid, entry);
    // The next request asks again.
    records.catch(() => this.#known.get(uid) === entry && this.#known.delete(uid));
    const [oldest] = this.#known.keys();
    if (this.#known.size > keptRemotes && oldest !== undefined) this.#known.delete(oldest);
    return records;
  }
}

function isSame(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(one, 'hex'), Buffer.from(other, 'hex'));
}
