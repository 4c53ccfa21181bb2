import type { Clock } from '../../base/clock.ts';
import { asGitkubeError } from '../../base/errors.ts';
import type { KubeAdmin } from '../../kube/index.ts';
import type { Config } from '../../server/config.ts';

export type Level = 'OK' | 'WARN' | 'FAIL';

export interface Finding {
  /** What was looked at: `engine`, `registry`, … */
  readonly check: string;
  readonly level: Level;
  /** What was found, for people. */
  readonly message: string;
  /** What to type, one command each; a word in angle brackets is to be replaced. */
  readonly fix: readonly string[];
  /** In which pod it was found; unset: here. */
  readonly pod?: string;
}

/** What the checks look at: the server's own settings, and the cluster as its account sees it. */
export interface CheckContext {
  readonly config: Config;
  /** Undefined: the cluster does not answer, which the check `cluster` reports. */
  readonly admin: KubeAdmin | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** `namespace/name` of the Remote whose registry is pushed to. */
  readonly remote?: { readonly namespace: string; readonly name: string } | undefined;
  /** Where Gitkube is installed, as far as its settings say. */
  readonly home: string;
  /** Whether this runs where the server does, with its account. */
  readonly inside: boolean;
}

export interface Check {
  readonly name: string;
  /** It asks nothing of the cluster, and so need not wait for what becomes of the first look at it. */
  readonly alone?: true;
  run(context: CheckContext): Promise<readonly Omit<Finding, 'check'>[]>;
  /** What to type when it timed out. */
  onTimeout?(context: CheckContext): readonly string[];
}

/** Longer than the limit of each check itself, whose error says more. */
const limitMs = 20_000;

export function ok(message: string): Omit<Finding, 'check'> {
  return { level: 'OK', message, fix: [] };
}

export function warn(message: string, ...fix: string[]): Omit<Finding, 'check'> {
  return { level: 'WARN', message, fix };
}

export function fail(message: string, ...fix: string[]): Omit<Finding, 'check'> {
  return { level: 'FAIL', message, fix };
}

/** What cannot be known without the cluster. */
export function notLookedAt(): Omit<Finding, 'check'> {
  return warn('skipped: cluster unreachable');
}

/**
 * All checks side by side; findings in the order of the checks. A check that throws, or comes to no end, has failed.
 * @param cluster the outcome of the first look, see `CheckContext.admin`
 */
export async function findAll(
  checks: readonly Check[],
  common: Omit<CheckContext, 'admin'>,
  cluster: Promise<KubeAdmin | undefined>,
): Promise<Finding[]> {
  const found = await Promise.all(
    checks.map(async (check) => {
      const context = { ...common, admin: check.alone ? undefined : await cluster };
      const findings = await limited(check, context).catch((thrown) => {
        context.signal.throwIfAborted();
        const { message, hint, reason, cause } = asGitkubeError(thrown);
        const why = reason === 'Internal' && cause instanceof Error ? `${message}: ${cause.message}` : message;
        return [fail(why, ...hint)];
      });
      return findings.map((finding) => ({ check: check.name, ...finding }));
    }),
  );
  return found.flat();
}

async function limited(check: Check, context: CheckContext): Promise<readonly Omit<Finding, 'check'>[]> {
  const { clock } = context;
  const over = new AbortController();
  const signal = AbortSignal.any([context.signal, over.signal]);
  const late = clock
    .delay(limitMs, signal)
    .then(() => [fail(`timed out after ${limitMs / 1000} s`, ...(check.onTimeout?.(context) ?? []))]);
  // After the end of the check nobody waits for this timeout.
  late.catch(() => {});
  try {
    return await Promise.race([check.run({ ...context, signal }), late]);
  } finally {
    over.abort();
  }
}
