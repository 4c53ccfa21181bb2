/**
 * Why a rig could not be brought up, for the person at the keyboard: `message` is the reason, lower case and without a
 * full stop; `hint` says what to do, one line each; `evidence` holds the last lines of a log.
 */
export class RigError extends Error {
  override readonly name = 'RigError';
  readonly hint: readonly string[];
  readonly evidence: readonly string[];

  constructor(
    message: string,
    details: { hint?: readonly string[]; evidence?: readonly string[]; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.hint = details.hint ?? [];
    this.evidence = details.evidence ?? [];
  }
}

/** The error as lines to print: reason, evidence, then what to do. */
export function describeError(thrown: unknown): string[] {
  if (!(thrown instanceof RigError)) return [`error: ${thrown instanceof Error ? (thrown.stack ?? thrown) : thrown}`];
  return [
    `error: ${thrown.message}`,
    ...thrown.evidence.map((line) => `  | ${line}`),
    ...thrown.hint.map((line) => `hint: ${line}`),
  ];
}
