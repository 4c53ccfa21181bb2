import type { PushFacts } from '../deploys/observer.ts';
import type { Phases } from '../deploys/phases.ts';
import type { Repository } from '../git/repository.ts';
import type { Identity } from '../ssh/auth.ts';
import type { PushOutput } from './push-output.ts';

/** What belongs to one push, from its first byte to its end. */
export interface PushSession {
  /** In the log, in the status and in the text of an internal error. */
  readonly id: string;
  readonly repository: Repository;
  readonly identity: Identity;
  readonly page: PushOutput;
  readonly phases: Phases;
  /** Aborts when git is gone or the push is cancelled. */
  readonly signal: AbortSignal;
  /** Disposed of when git has ended: the place in the queue. */
  readonly ending: DisposableStack;
  /** Called when it has to wait for its turn. */
  readonly waits: (facts: PushFacts) => void;
  /** Called once it is this push's turn: from here on others are told about it. */
  readonly announce: (facts: PushFacts) => void;
}
