import type { Clock } from '../../base/clock.ts';
import type { V1Pod } from '../../kube/kube.ts';
import type { RolloutEvaluation } from '../evaluate/rollout-evaluator.ts';
import { isBeingMade } from '../pods/not-started.ts';

/** Most images are pulled in less, and need no watch of their own. */
const ordinaryMs = 3000;

/**
 * The pod of which every event is asked for, since a node has been making it for longer than is ordinary. Its status says
 * `ContainerCreating` all the time; what the node does for it is in its events alone.
 */
export class FollowedPod {
  readonly #view: { follow(pod: V1Pod): void };
  readonly #clock: Clock;
  #uid: string | undefined;
  #since = 0;
  #isFollowed = false;

  constructor(view: { follow(pod: V1Pod): void }, clock: Clock) {
    this.#view = view;
    this.#clock = clock;
  }

  /** @returns when to look again although nothing happened */
  look(evaluation: RolloutEvaluation | undefined): number {
    const unreadyPod = evaluation?.kind === 'waiting' ? evaluation.unreadyPod : undefined;
    if (!unreadyPod || !isBeingMade(unreadyPod)) {
      this.#uid = undefined;
      return Number.POSITIVE_INFINITY;
    }
    if (unreadyPod.metadata?.uid !== this.#uid) {
      this.#uid = unreadyPod.metadata?.uid;
      this.#since = this.#clock.monotonic();
      this.#isFollowed = false;
    }
    const dueAt = this.#since + ordinaryMs;
    if (this.#isFollowed) return Number.POSITIVE_INFINITY;
    if (this.#clock.monotonic() < dueAt) return dueAt;
    this.#isFollowed = true;
    this.#view.follow(unreadyPod);
    return Number.POSITIVE_INFINITY;
  }
}
