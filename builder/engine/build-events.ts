/** What an engine reports about a running build, the same for BuildKit and the classic builder. */
export type BuildEvent =
  | {
      readonly kind: 'step';
      readonly id: string;
      /** `[2/4] RUN make`. */
      readonly name: string;
      readonly state: 'waiting' | 'running' | 'done';
      readonly cached: boolean;
      /** Milliseconds, when the engine measured them. */
      readonly tookMs?: number;
      readonly error?: string;
    }
  | { readonly kind: 'log'; readonly id: string; readonly text: Buffer }
  | {
      readonly kind: 'progress';
      readonly id: string;
      readonly name: string;
      readonly current: number;
      readonly total: number;
    }
  | { readonly kind: 'warning'; readonly text: string };

/** One line of an engine's answer to a build or a push. */
export interface EngineMessage {
  readonly id?: string;
  readonly stream?: string;
  readonly status?: string;
  readonly aux?: unknown;
  readonly error?: string;
  readonly errorDetail?: { readonly code?: number; readonly message?: string };
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}
