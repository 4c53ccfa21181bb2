/** How far the rollout of a workload is. */
export type RolloutStatus =
  | { readonly kind: 'complete' }
  | { readonly kind: 'waiting'; readonly why: string }
  /** It stands still: paused, or over its own progressDeadlineSeconds. */
  | { readonly kind: 'paused' }
  | { readonly kind: 'deadline'; readonly message: string };

export interface Since {
  /** The generation that the patch made: an older status says nothing about it. */
  readonly generation: number;
  /** `deadlineMark` from before the patch; the same one afterwards is left over from an earlier rollout. */
  readonly deadlineMark?: string;
}

export function waiting(why: string): RolloutStatus {
  return { kind: 'waiting', why };
}
