import type { ChildProcess } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { GitkubeError } from '../../base/errors.ts';
import { duration } from '../../base/text.ts';
import { type HookSockets, hookSockets, stdio } from '../../hooks/sockets.ts';
import { gitEnvironment, spawnGit, spawnLimitedGit } from './git-command.ts';
import { MemoryWatch } from './memory.ts';

/** Those that git does not move as they were pushed: proc-receive decides. */
const procReceiveRefs = ['refs/heads', 'refs/rollback', 'refs/tags/releases'];
/** How long a process group may take to end before it is killed. */
const GRACE_MS = 10_000;

export interface ReceiveLimits {
  /** Bytes of one pack. */
  readonly maxPackBytes: number;
  /** Bytes of all objects of one repository. */
  readonly maxRepositoryBytes: number;
  /** A push begins only where so many bytes are free on the disk. */
  readonly minFreeBytes: number;
  /** Bytes of memory that each git process of a push may have. */
  readonly maxMemoryBytes: number;
  /** Milliseconds that a client may take to send its push. */
  readonly maxReceiveMs: number;
  /** The folder with pre-receive and proc-receive; read-only for the server. */
  readonly hooksFolder: string;
}

/** A git service that talks to one client: its own process group, ended as a whole. */
export class GitProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves with the exit code once the process has ended and all its output was read; never rejects. */
  readonly done: Promise<number>;
  /** Resolves as soon as git itself is gone: nobody waits for a verdict any more. */
  readonly gone: Promise<void>;
  readonly #child: ChildProcess;
  readonly #memory: MemoryWatch | undefined;
  #endedFor: GitkubeError | undefined;
  #over = false;

  /** @param maxMemoryBytes of each of its processes; unset: no limit */
  constructor(child: ChildProcess, maxMemoryBytes?: number) {
    this.#child = child;
    this.#memory = maxMemoryBytes === undefined ? undefined : new MemoryWatch(maxMemoryBytes);
    this.stdin = child.stdin as Writable;
    this.stdout = child.stdout as Readable;
    this.stderr = child.stderr as Readable;
    this.stdin.on('error', () => {});
    this.gone = new Promise((resolve) => {
      child.on('error', () => resolve());
      child.on('exit', () => resolve());
    });
    this.done = new Promise((resolve) => {
      child.on('error', () => resolve(1));
      child.on('close', (code) => {
        this.#over = true;
        resolve(code ?? 1);
      });
    });
  }

  /** Why the server ended git, for a client that is still there. */
  get endedFor(): GitkubeError | undefined {
    return this.#endedFor;
  }

  /** Is handed what git itself says. */
  hear(chunk: Buffer): void {
    this.#memory?.hear(chunk);
  }

  /** What git lacked, as far as it was heard. */
  get problem(): GitkubeError | undefined {
    return this.#memory?.problem;
  }

  /** Ends git and whatever it started: SIGTERM to the group, SIGKILL after ten seconds. */
  end(reason?: GitkubeError): void {
    this.#endedFor ??= reason;
    // In this order: git has nothing to say of an end of its input that it does not live to see.
    this.#signal('SIGTERM');
    this.stdin.destroy();
    const timer = setTimeout(() => this.#signal('SIGKILL'), GRACE_MS);
    timer.unref();
    void this.done.then(() => clearTimeout(timer));
  }

  #signal(signal: NodeJS.Signals): void {
    // Once it is over, the number of the group may be that of another one.
    if (this.#child.pid === undefined || this.#over) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // The group is gone already.
    }
  }
}

/**
 * `git receive-pack` with our policy, set on the command line where nothing in the repository can override it.
 * fsckObjects refuses malformed and hostile objects (`.gitmodules`, `.git` in trees); shallowUpdate lets a CI job push
 * from a shallow clone; autogc is off because maintenance does not belong in the way of a push.
 */
export function spawnReceivePack(
  repository: string,
  limits: ReceiveLimits,
  transport: Transport = 'ssh',
): { service: GitProcess; hooks: HookSockets } {
  const args = [...receivePolicy(limits), 'receive-pack', ...stateless(transport), repository];
  const child = start(args, repository, {}, [...stdio], limits.maxMemoryBytes);
  return { service: new GitProcess(child, limits.maxMemoryBytes), hooks: hookSockets(child) };
}

/** What a client of HTTP may push on: the first request of its push, which changes nothing. */
export function advertiseReceivePack(repository: string, limits: ReceiveLimits, maxMs: number): GitProcess {
  const args = [...receivePolicy(limits), 'receive-pack', '--http-backend-info-refs', repository];
  const service = new GitProcess(start(args, repository, {}, ['pipe', 'pipe', 'pipe']));
  service.stdin.end();
  return endAfter(service, maxMs);
}

function receivePolicy(limits: ReceiveLimits): string[] {
  const policy = {
    'core.hooksPath': limits.hooksFolder,
    'receive.procReceiveRefs': procReceiveRefs,
    'receive.advertisePushOptions': 'true',
    'receive.fsckObjects': 'true',
    'receive.maxInputSize': String(limits.maxPackBytes),
    'receive.shallowUpdate': 'true',
    'receive.unpackLimit': '1000',
    'receive.autogc': 'false',
    // Each keeps 96 MiB of what deltas are made of: with those of 16 processors a push of 70 MB was over its limit.
    'pack.threads': '2',
    'receive.denyNonFastForwards': 'false',
    'receive.denyDeletes': 'false',
    'core.fsmonitor': 'false',
  };
  return Object.entries(policy).flatMap(([key, values]) =>
    [values].flat().flatMap((value) => ['-c', `${key}=${value}`]),
  );
}

/** How a client talks to a service: `advertise` and `rpc` are the two kinds of request of HTTP (gitprotocol-http(5)). */
export type Transport = 'ssh' | 'advertise' | 'rpc';

function stateless(transport: Transport): string[] {
  if (transport === 'ssh') return [];
  return transport === 'rpc' ? ['--stateless-rpc'] : ['--http-backend-info-refs'];
}

/**
 * `git upload-pack`: fetch and clone.
 * @param protocol the client's GIT_PROTOCOL, already checked
 * @param maxMs after this it is ended: a client that does not read would hold it for ever
 */
export function uploadPack(
  repository: string,
  protocol: string | undefined,
  maxMs: number,
  transport: Transport = 'ssh',
): GitProcess {
  const env = protocol === undefined ? {} : { GIT_PROTOCOL: protocol };
  const flags = ['-c', 'core.fsmonitor=false', '-c', 'uploadpack.allowFilter=true', '-c', 'pack.windowMemory=64m'];
  const args = [...flags, 'upload-pack', '--strict', ...stateless(transport), repository];
  const child = start(args, repository, env, ['pipe', 'pipe', 'pipe']);
  const service = new GitProcess(child);
  endAfter(service, maxMs);
  if (transport === 'advertise') service.stdin.end();
  return service;
}

function endAfter(service: GitProcess, maxMs: number): GitProcess {
  const timer = setTimeout(() => service.end(tookTooLong('fetch', maxMs)), maxMs);
  void service.done.then(() => clearTimeout(timer));
  return service;
}

/**
 * `git gc --auto`: packs a repository that needs it, and does nothing to any other one. Objects that no ref needs stay for
 * two weeks, so a push that is being received loses nothing; one thread at the lowest priority, and packs over 256 MiB are
 * left as they are.
 */
export function collectGarbage(repository: string): GitProcess {
  const policy = {
    'core.fsmonitor': 'false',
    // A push reads all tags and what they name: of 400 releases, loose ones take it twice as long as packed ones.
    'gc.auto': '256',
    'gc.autoPackLimit': '50',
    'gc.autoDetach': 'false',
    'gc.pruneExpire': '2.weeks.ago',
    'gc.cruftPacks': 'true',
    'gc.bigPackThreshold': '256m',
    'pack.threads': '1',
    'pack.windowMemory': '64m',
    'pack.deltaCacheSize': '32m',
    // A clone counts by it what it has to send; without effect where a large pack is left as it is.
    'repack.writeBitmaps': 'true',
  };
  const flags = Object.entries(policy).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const child = start([...flags, 'gc', '--auto', '--quiet'], repository, {}, ['pipe', 'pipe', 'pipe']);
  const service = new GitProcess(child);
  // What it starts itself has the same.
  yieldToOthers(child.pid);
  service.stdin.end();
  service.stdout.resume();
  return service;
}

/** A process that has ended already, or may not be changed, is no reason to leave it without an owner. */
export function yieldToOthers(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It runs as any other one.
  }
}

/** @param what the client is at */
export function tookTooLong(what: 'push' | 'fetch', ms: number): GitkubeError {
  const end = what === 'push' ? 'received' : 'over';
  const setting = what === 'push' ? 'GITKUBE_RECEIVE_TIMEOUT_SECONDS' : 'GITKUBE_FETCH_TIMEOUT_SECONDS';
  return new GitkubeError('TransferTimeout', `the ${what} was not ${end} within ${duration(ms)}`, {
    hint: `try from a faster connection, or ask the operator of this server for a larger ${setting}`,
  });
}

/**
 * @param maxMemoryBytes what it needs depends on what a client sends: a changed file that comes as a delta is held twice, and a
 * delta of some bytes may stand for gigabytes
 */
function start(
  args: string[],
  cwd: string,
  env: Record<string, string>,
  io: 'pipe'[],
  maxMemoryBytes?: number,
): ChildProcess {
  const options = { cwd, env: { ...gitEnvironment, ...env }, stdio: io, detached: true };
  return maxMemoryBytes === undefined ? spawnGit(args, options) : spawnLimitedGit(args, options, maxMemoryBytes);
}
