import type { GitkubeError, Reason } from '../../base/errors.ts';
import type { BuiltImage } from '../../builder/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { Principal } from '../access/principal.ts';
import type { Release } from '../git/release.ts';
import type { Phase } from './phases.ts';
import type { DeployRequest } from './request.ts';

/** What others report of a deploy: status, Events. */
export interface DeployFacts {
  readonly id: string;
  readonly remote: Pick<Remote, 'namespace' | 'name' | 'environment' | 'uid' | 'id'>;
  readonly branch: string;
  readonly commit: string;
  readonly by: string;
}

export type DeployOutcome =
  | { readonly kind: 'released'; readonly release: Release; readonly releases: readonly Release[] }
  | { readonly kind: 'built' }
  /** A dry run: nothing was wrong. */
  | { readonly kind: 'checked' }
  | { readonly kind: 'unchanged' }
  /** One task alone, which has succeeded. */
  | { readonly kind: 'ran'; readonly task: string }
  | { readonly kind: 'failed'; readonly error: GitkubeError };

const reasons = {
  released: 'Released',
  built: 'Built',
  checked: 'Checked',
  unchanged: 'Unchanged',
  ran: 'Ran',
} as const;

/** The outcome in one word, as status, Events and metrics have it. */
export function reasonOf(outcome: DeployOutcome): Reason | (typeof reasons)[keyof typeof reasons] {
  return outcome.kind === 'failed' ? outcome.error.reason : reasons[outcome.kind];
}

/** How it went, for metrics. */
export interface DeployEnd {
  /** Of the deploy, or of a push that was refused before it became one. */
  readonly id: string;
  readonly outcome: DeployOutcome;
  /** Milliseconds by phase. */
  readonly durations: Readonly<Partial<Record<Phase, number>>>;
  /** The phase that it ended in. */
  readonly phase: Phase;
  /** Empty before any was built or found. */
  readonly images: readonly BuiltImage[];
}

/** A deploy when it is requested, with its output and phases from here on. */
export type AskedDeploy = Pick<
  DeployRequest,
  'id' | 'trigger' | 'principal' | 'asked' | 'repository' | 'revision' | 'output' | 'phases'
>;

export type DeployEvent =
  /** It goes through the steps of a deploy from here on, and may be refused by any of them. */
  | { readonly kind: 'deployAsked'; readonly deploy: AskedDeploy }
  /** Somebody has pushed the same while it is under way, and waits for its verdict. */
  | { readonly kind: 'deployJoined'; readonly id: string; readonly remote: string; readonly by: Principal }
  /** Its turn has come. */
  | { readonly kind: 'deployStarted'; readonly deploy: DeployFacts }
  /** A deploy that had its turn, or waited for it when the server ended, is over. */
  | { readonly kind: 'deployFinished'; readonly deploy: DeployFacts; readonly outcome: DeployOutcome }
  /** Any push of a branch is over, also one that was refused at once. */
  | ({ readonly kind: 'deployEnded' } & DeployEnd);
