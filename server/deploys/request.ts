import type { ReleaseMark, WorkloadChange } from '../../deployer/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { Principal } from '../access/principal.ts';
import type { EnvChange } from '../env/env-change.ts';
import type { Repository } from '../git/repository.ts';
import type { DeployFacts } from './events.ts';
import type { Journal } from './journal.ts';
import type { DeployOptions } from './options.ts';
import type { OutputReader } from './output.ts';
import type { Phases } from './phases.ts';
import type { AnyTrigger } from './triggers/index.ts';

/** What asks for a deploy: git, or one of `triggers/`. */
export interface Trigger {
  readonly kind: 'push' | AnyTrigger['kind'];
  readonly via: 'ssh' | 'https' | 'server';
}

/** Variables that make the objects visible which the repository has not accepted yet. */
export type GitEnvironment = Readonly<Record<string, string>>;

/**
 * `redeploy`: everything of what runs is deployed again; `restart`: its pods are replaced, and nothing else changes; `env`:
 * what it reads as settings changes, and the pods that read it are replaced; `task`: one of its tasks runs, and nothing rolls out.
 */
export type Again = 'redeploy' | 'restart' | 'env' | 'task';

/** Which version is to run, as it was asked for. */
export interface RequestedRevision {
  /** The branch that moves, without `refs/heads/`. */
  readonly branch: string;
  /** The ref that was pushed. */
  readonly ref: string;
  /** What it was pushed as: a commit, or a tag of one. */
  readonly oid: string;
  /** Where the branch was for the requester; all zeros: nowhere. */
  readonly oldOid: string;
  /** The release that is to run, whatever commit is pushed; undefined: the commit. */
  readonly rollbackTo?: number;
  /** What runs rolls out again; undefined: then there is nothing to do. */
  readonly again?: Again;
  /** Of `env`: what is set and unset. */
  readonly env?: EnvChange;
  /** Of `task`: its name. */
  readonly task?: string;
  readonly git: GitEnvironment;
}

/** An object, as `output` knows it. */
export interface HeldObject {
  readonly kind: string;
  readonly name: string;
}

/** Where a deploy writes what it does, for any reader: the client of git is one, and may have gone. */
export interface DeployOutput {
  /** A new stage of the way, with a line about it. */
  readonly stage: (line: string) => void;
  /** A line of the stage under way. */
  readonly say: (line: string) => void;
  /** What the manifests of the repository have: a hint about another workload does not lead to them. */
  readonly manifestsHold: (objects: readonly HeldObject[]) => void;
  /** From the next line on. @returns what ends it */
  readonly readBy: (reader: OutputReader) => () => void;
}

/** The repair of drift, with what it restores. */
export interface RepairRequest {
  readonly remote: Remote;
  readonly changes: readonly WorkloadChange[];
  readonly mark: ReleaseMark;
  readonly output: Pick<DeployOutput, 'say'>;
  readonly phases: Phases;
  readonly signal: AbortSignal;
  readonly journal: Pick<Journal, 'entry' | 'keep' | 'clear'>;
}

/** A deploy, as it is asked for: what its steps begin with. */
export interface DeployRequest {
  /** In the log, in the status and in the text of an internal error. */
  readonly id: string;
  readonly trigger: Trigger;
  readonly principal: Principal;
  /** As it was when the request came. */
  readonly asked: Remote;
  readonly repository: Repository;
  /** How many receive-packs belong to it: those of others may write refs at any time. */
  readonly receivePacks: 0 | 1;
  readonly revision: RequestedRevision;
  readonly options: DeployOptions;
  /** Why it was asked for, where that is not clear: lines for its output. */
  readonly why?: readonly string[] | undefined;
  readonly output: DeployOutput;
  readonly phases: Phases;
  /** Aborts when nobody is left to answer to, or the deploy is cancelled. */
  readonly signal: AbortSignal;
  /** Aborts when somebody ends by force what a cancel waits for. */
  readonly forced: AbortSignal;
  /** Disposed of when the deploy is over and answered: its turn ends. */
  readonly ending: DisposableStack;
  /** Disposed of when everything is checked and built, or has failed. */
  readonly checking: DisposableStack;
  /** Called when it has to wait for its turn. */
  readonly waits: (facts: DeployFacts) => void;
  /** Called once its turn has come: from here on others know of it. */
  readonly announced: (facts: DeployFacts) => void;
  /** When it had arrived, on the monotonic clock. */
  readonly receivedAt: number;
  /**
   * Whether it still deploys what it was asked for, now that its turn has come.
   * @throws RefMoved, RefRefused
   */
  readonly stillFits: (remote: Remote) => Promise<void>;
  /** `stillFits` may refuse it where a deploy that waits would be accepted: none of them is replaced before it is checked. */
  readonly isTentative?: boolean;
  /** It is about what runs: each waiting deploy of another version goes first, and it replaces none. */
  readonly givesWay?: boolean;
}
