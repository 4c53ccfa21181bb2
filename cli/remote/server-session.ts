import type { Readable, Writable } from 'node:stream';
import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { Execution, OnOutput } from '../../kube/index.ts';
import {
  aliveMs,
  chunkBytes,
  type Frame,
  FrameReader,
  frame,
  inputWindow,
  toClient,
  toServer,
} from '../../server/socket/frames.ts';
import { type Hello, readExit, readHello, readTaken } from '../../server/socket/reply.ts';
import type { Request } from '../../server/socket/request.ts';
import { toThisVersion } from '../installation.ts';
import { relayExit } from '../relay.ts';
import type { LocalTerminal } from './local-terminal.ts';
import { TerminalOutputs } from './terminal-output.ts';

export interface SessionParts {
  readonly request: Request;
  /** Unset: the command takes none. */
  readonly stdin: Readable | undefined;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly terminal: LocalTerminal | undefined;
  /** Where the server is, for messages. */
  readonly where: string;
}

/** How a command has ended. */
export interface SessionEnd {
  readonly code: number;
  /** Of the server. */
  readonly version: string;
}

/** How long the server may take until it says something. */
const answerMs = 15_000;
const maxComplaint = 4096;
const maxVersion = 80;

/**
 * Has the server run one command, and passes on what goes in and out.
 * @param start runs the relay where the server is
 * @param signal ends it
 * @throws ServerUnreachable
 */
export async function runOnServer(
  start: (onOutput: OnOutput) => Promise<Execution>,
  parts: SessionParts,
  signal: AbortSignal,
): Promise<SessionEnd> {
  const outputs = new TerminalOutputs(parts);
  const session = new Session({ ...parts, stdout: outputs.stdout, stderr: outputs.stderr });
  using execution = await start((stream, bytes) => session.hear(stream, bytes));
  try {
    return await untilAborted(session.run(execution), signal);
  } finally {
    session.stop();
    await untilAborted(outputs.end(), signal).catch(() => {});
  }
}

class Session {
  readonly #parts: SessionParts;
  readonly #reader = new FrameReader();
  readonly #end = Promise.withResolvers<SessionEnd>();
  readonly #timers: NodeJS.Timeout[] = [];
  /** Of stdin: read, and not sent yet. */
  #unsent: Buffer[] = [];
  /** Of stdin: sent, and not taken yet. */
  #onTheWay = 0;
  /** Its end is not sent yet. */
  #isInputOver = false;
  /** Which of stdout and stderr nobody reads for now. */
  readonly #full = new Set<Writable>();
  #execution: Execution | undefined;
  #hello: Hello | undefined;
  /** What the relay has printed instead of frames. */
  #complaint = '';

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  run(execution: Execution): Promise<SessionEnd> {
    this.#execution = execution;
    const { request, terminal } = this.#parts;
    this.#send(toServer.request, JSON.stringify(request));
    this.#timers.push(setInterval(() => this.#send(toServer.alive), aliveMs));
    this.#timers.push(setTimeout(() => this.#hello ?? this.#fail(this.#noAnswer()), answerMs));
    execution.ended.then(
      (code) => this.#fail(this.#ended(code)),
      (thrown) => this.#fail(thrown),
    );
    terminal?.onResize((size) => this.#send(toServer.resize, JSON.stringify(size)));
    this.#passInput();
    return this.#end.promise;
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    // What is not read any more would keep the process.
    this.#parts.stdin?.destroy();
  }

  hear(stream: 'stdout' | 'stderr', bytes: Buffer): void {
    if (stream === 'stderr') {
      this.#complaint = (this.#complaint + bytes.toString()).slice(0, maxComplaint);
      return;
    }
    try {
      for (const one of this.#reader.push(bytes)) this.#take(one);
    } catch (cause) {
      this.#fail(unreachable(`what answers in ${this.#parts.where} does not speak as a server of Gitkube`, { cause }));
    }
  }

  #take({ kind, payload }: Frame): void {
    const { stdout, stderr } = this.#parts;
    if (kind === toClient.stdout) this.#print(stdout, payload);
    else if (kind === toClient.stderr) this.#print(stderr, payload);
    else if (kind === toClient.hello) this.#begin(readHello(payload));
    else if (kind === toClient.exit) {
      this.#end.resolve({ code: readExit(payload), version: this.#hello?.version ?? '' });
    } else if (kind === toClient.taken) {
      this.#onTheWay -= readTaken(payload);
      this.#pumpInput();
    }
  }

  #begin({ version }: Hello): void {
    this.#hello = { version: plain(version, maxVersion) };
    // From here on somebody is there who takes Ctrl-C.
    this.#parts.terminal?.takeKeys();
  }

  /** The server waits as long as nobody reads what it has sent. */
  #print(to: Writable, bytes: Buffer): void {
    // What is here already comes after a pause as well.
    if (to.write(bytes) || this.#full.has(to)) return;
    this.#full.add(to);
    this.#execution?.pause();
    to.once('drain', () => {
      this.#full.delete(to);
      if (this.#full.size === 0) this.#execution?.resume();
    });
  }

  #passInput(): void {
    const { stdin } = this.#parts;
    stdin?.on('data', (bytes: Buffer) => {
      for (let at = 0; at < bytes.length; at += chunkBytes) this.#unsent.push(bytes.subarray(at, at + chunkBytes));
      this.#pumpInput();
    });
    stdin?.once('end', () => {
      this.#isInputOver = true;
      this.#pumpInput();
    });
  }

  #pumpInput(): void {
    const { stdin } = this.#parts;
    for (const bytes of this.#unsent) {
      if (this.#onTheWay + bytes.length > inputWindow) break;
      this.#onTheWay += bytes.length;
      this.#send(toServer.input, bytes);
      this.#unsent = this.#unsent.slice(1);
    }
    if (this.#unsent.length > 0) stdin?.pause();
    else if (this.#isInputOver) {
      this.#isInputOver = false;
      this.#send(toServer.inputEnd);
    } else stdin?.resume();
  }

  #send(kind: string, payload: Uint8Array | string = ''): void {
    void this.#execution?.write(frame(kind, payload));
  }

  #fail(thrown: unknown): void {
    this.#end.reject(thrown);
  }

  /** The relay has ended, and the command has not. */
  #ended(code: number): GitkubeError {
    const { where } = this.#parts;
    const [first = ''] = this.#complaint.trim().split('\n');
    if (this.#hello) {
      return unreachable(`the server in ${where} has ended the session before the command ended`, {
        hint: 'what it has begun may go on: deploys and output show it',
      });
    }
    if (code === relayExit)
      return unreachable(`the server in ${where} takes no commands now: ${plain(first, 300)}`, retry);
    if (/unknown command/.test(this.#complaint)) return tooOld(where);
    return unreachable(`the relay in ${where} ended with ${code}: ${plain(first, 300)}`);
  }

  #noAnswer(): GitkubeError {
    return unreachable(`the server in ${this.#parts.where} did not answer within ${answerMs / 1000} s`, retry);
  }
}

const retry = { hint: ['try again in a moment', 'to see what the server lacks, type: gitkube doctor'] };

function tooOld(where: string): GitkubeError {
  return unreachable(`the server in ${where} is older than this program, and takes its commands by ssh alone`, {
    hint: toThisVersion,
  });
}

function unreachable(message: string, details: { hint?: string | readonly string[]; cause?: unknown } = {}) {
  return new GitkubeError('ServerUnreachable', message, details);
}
