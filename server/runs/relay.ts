import type { Clock } from '../../base/clock.ts';
import { asGitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { Attachment, AttachTarget, Kube } from '../../kube/index.ts';
import { retryCall } from '../../kube/retrying-kube.ts';
import type { RunClient } from './client.ts';
import { echoOfOpen, open } from './gate.ts';
import type { Input } from './input.ts';

const nothing = Buffer.alloc(0);

/** So much of the output shows whether a log begins with it. */
const beginningBytes = 256;

export interface RelayParts {
  readonly kube: Pick<Kube, 'attachToPod' | 'followPodLog'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface RelayRequest {
  readonly target: AttachTarget;
  readonly tty: boolean;
  readonly client: RunClient;
  readonly input: Input;
  readonly signal: AbortSignal;
}

/** The connection to a container has ended before its streams have. */
export class ConnectionBroke extends Error {
  /** What has come of its output: bytes of stdout and stderr together. */
  readonly received: number;
  /** How that began; undefined: nobody knows how it is in the log, where stdout and stderr are one. */
  readonly beginning: Buffer | undefined;

  constructor({ received, beginning }: Pick<ConnectionBroke, 'received' | 'beginning'>, cause: unknown) {
    super(asGitkubeError(cause).message, { cause });
    this.received = received;
    this.beginning = beginning;
  }
}

/**
 * Connects a client with a container until its streams have ended.
 * @param isGated its command begins once it is connected
 * @throws ClusterForbidden, ClusterUnavailable: nothing of the command was done; ConnectionBroke; the reason of the signal
 */
export async function relay(parts: RelayParts, request: RelayRequest, isGated: boolean): Promise<void> {
  const { tty, client, input, signal } = request;
  const output = new Output(client, isGated && tty ? echoOfOpen : nothing);
  using attachment = await attach(parts, request, (stream, bytes) => output.write(stream, bytes));
  output.from(attachment);
  if (client.terminal && tty) {
    attachment.resize(client.terminal.size);
    client.terminal.onResize((size) => attachment.resize(size));
  }
  await passInput(input, attachment, client, isGated ? open : nothing);
  try {
    await untilAborted(attachment.ended, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    // What it printed before is in its log alone.
    const { received, beginning } = output;
    throw new ConnectionBroke({ received, beginning: isGated ? beginning : undefined }, thrown);
  }
}

/**
 * For an image without a shell: its command has begun already, so what it prints is read from its log, from the first line on.
 * There stdout and stderr are one, and text.
 */
export async function relayLog(parts: RelayParts, request: RelayRequest): Promise<void> {
  const { target, client, signal } = request;
  const { namespace, pod, container } = target;
  const ended = new AbortController();
  const taking = takeInput(parts, { ...request, signal: AbortSignal.any([signal, ended.signal]) });
  try {
    const options = { container, follow: true, previous: false };
    for await (const { text } of parts.kube.followPodLog(namespace, pod, options, signal)) {
      await client.print('stdout', Buffer.from(`${text}\n`));
    }
  } finally {
    ended.abort();
    await taking;
  }
}

/** Until the signal. A container that has ended takes no input, and nobody can attach to it: that is no error. */
async function takeInput(parts: RelayParts, request: RelayRequest): Promise<void> {
  const { client, input, signal } = request;
  try {
    using attachment = await attach(parts, request, undefined);
    await passInput(input, attachment, client, nothing);
    await untilAborted(attachment.ended, signal);
  } catch (thrown) {
    parts.log.debug({ err: thrown }, 'input of a run was not passed on');
  }
}

function attach(
  { kube, clock, log }: RelayParts,
  { target, tty, signal }: RelayRequest,
  onOutput: ((stream: 'stdout' | 'stderr', bytes: Buffer) => void) | undefined,
): Promise<Attachment> {
  const options = { tty, output: onOutput !== undefined, onOutput: onOutput ?? (() => {}) };
  return retryCall({ clock, log }, () => kube.attachToPod(target, options, signal), signal);
}

function passInput(input: Input, attachment: Attachment, { say }: RunClient, first: Buffer): Promise<void> {
  return input.connect(attachment, first, () =>
    say('the end of input does not reach the command: Kubernetes is before 1.30'),
  );
}

/** Goes no faster than the client reads: what is between is a few buffers. */
class Output {
  /** Bytes that have come. */
  received = 0;
  readonly #client: RunClient;
  readonly #streams = new Set<string>();
  #beginning = nothing;
  #from: Attachment | undefined;
  #left: Buffer;
  #held = 0;

  /** @param dropped what comes first, and is not of the command */
  constructor(client: RunClient, dropped: Buffer) {
    this.#client = client;
    this.#left = dropped;
  }

  get beginning(): Buffer | undefined {
    return this.#streams.size > 1 ? undefined : this.#beginning;
  }

  from(attachment: Attachment): void {
    this.#from = attachment;
    if (this.#held > 0) attachment.pause();
  }

  write(stream: 'stdout' | 'stderr', bytes: Buffer): void {
    this.received += bytes.length;
    this.#streams.add(stream);
    if (this.#beginning.length < beginningBytes) this.#begin(bytes);
    const rest = this.#drop(bytes);
    const read = rest.length > 0 ? this.#client.print(stream, rest) : undefined;
    if (!read) return;
    if (this.#held++ === 0) this.#from?.pause();
    void read.then(() => {
      if (--this.#held === 0) this.#from?.resume();
    });
  }

  #begin(bytes: Buffer): void {
    this.#beginning = Buffer.concat([this.#beginning, bytes.subarray(0, beginningBytes - this.#beginning.length)]);
  }

  #drop(bytes: Buffer): Buffer {
    const size = Math.min(this.#left.length, bytes.length);
    const isSame = bytes.subarray(0, size).equals(this.#left.subarray(0, size));
    this.#left = isSame ? this.#left.subarray(size) : Buffer.alloc(0);
    return isSame ? bytes.subarray(size) : bytes;
  }
}
