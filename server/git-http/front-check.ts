import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import { answerText } from './answer.ts';

/** No name of a namespace begins like it. */
export const checkPath = '/-/check';
export const checkType = 'application/x-gitkube-check';

export const checkLimits = {
  bodyBytes: 4 * 1024 ** 2,
  bodyMs: 30_000,
  /** For so long it is waited for the first bytes of a body. */
  arrivalMs: 4000,
  /** A slow answer has a line so often, as git writes at least every five seconds, … */
  everyMs: 5000,
  /** … until then: some proxies end an answer after 15 s, and doctor has 20. */
  slowMs: 16_000,
  atOnce: 16,
} as const;

type What = { readonly kind: 'body' | 'arrival'; readonly id: string } | { readonly kind: 'slow' };

interface Body {
  bytes: number;
  users: number;
  readonly arrived: PromiseWithResolvers<void>;
}

/**
 * What `gitkube doctor` asks to find out what stands in front of the door: whether a body of a push comes through, at once and
 * whole, and an answer that takes its time. It asks nobody for a token and knows nothing: what it reads it throws away, and what it
 * says is how much that was.
 */
export class FrontCheck {
  readonly #clock: Clock;
  readonly #bodies = new Map<string, Body>();
  #underWay = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns undefined: it is no request of a check */
  find({ method, url }: Pick<IncomingMessage, 'method' | 'url'>): What | undefined {
    if (method === 'GET' && url === `${checkPath}/slow`) return { kind: 'slow' };
    const [, id] = new RegExp(`^${checkPath}/([0-9a-f]{32})$`).exec(url ?? '') ?? [];
    if (id === undefined || (method !== 'GET' && method !== 'POST')) return undefined;
    return { kind: method === 'GET' ? 'arrival' : 'body', id };
  }

  async answer(what: What, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#underWay >= checkLimits.atOnce) {
      return answerText(request, response, 503, 'gitkube: too many checks at once\n');
    }
    this.#underWay++;
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    try {
      if (what.kind === 'slow') await this.#slow(response, gone.signal);
      else await this.#withBody(what, request, response, gone.signal);
    } finally {
      this.#underWay--;
      gone.abort();
    }
  }

  async #slow(response: ServerResponse, signal: AbortSignal): Promise<void> {
    const { everyMs, slowMs } = checkLimits;
    begin(response).write('begin\n');
    for (let left: number = slowMs; left > 0; left -= everyMs) {
      await this.#wait(Math.min(left, everyMs), signal);
      if (signal.aborted) return;
      response.write(left > everyMs ? 'wait\n' : 'end\n');
    }
    response.end();
  }

  async #withBody(
    { kind, id }: Exclude<What, { kind: 'slow' }>,
    request: IncomingMessage,
    response: ServerResponse,
    signal: AbortSignal,
  ): Promise<void> {
    const body = this.#bodies.get(id) ?? { bytes: 0, users: 0, arrived: Promise.withResolvers<void>() };
    this.#bodies.set(id, body);
    body.users++;
    try {
      if (kind === 'body') {
        void this.#clock.delay(checkLimits.bodyMs, signal).then(
          () => request.destroy(),
          () => {},
        );
        await read(request, body);
      } else await Promise.race([body.arrived.promise, this.#wait(checkLimits.arrivalMs, signal)]);
      if (!signal.aborted) begin(response).end(`${body.bytes}\n`);
    } finally {
      body.users--;
      if (body.users === 0) this.#bodies.delete(id);
    }
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    await this.#clock.delay(ms, signal).catch(() => {});
  }
}

/** One that is too large, or takes too long, ends with its connection. */
async function read(request: IncomingMessage, body: Body): Promise<void> {
  try {
    for await (const chunk of request) {
      body.bytes += (chunk as Buffer).length;
      body.arrived.resolve();
      if (body.bytes > checkLimits.bodyBytes) request.destroy();
    }
  } catch {
    // Its client has left, or had to: nobody waits for an answer.
  }
}

function begin(response: ServerResponse): ServerResponse {
  return response.writeHead(200, {
    'content-type': checkType,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    // What a client sends beyond what it was asked for is not read.
    connection: 'close',
  });
}
