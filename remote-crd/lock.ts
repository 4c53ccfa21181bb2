import { plain } from '../base/text.ts';

/** The annotations of a Remote that lock it, or one of its environments. Somebody with kubectl may set the first one alone. */
export function lockAnnotations(environment: string): {
  readonly reason: string;
  readonly by: string;
  readonly at: string;
} {
  const of = environment === '' ? '' : `.${environment}`;
  return { reason: `gitkube.sh/lock${of}`, by: `gitkube.sh/locked-by${of}`, at: `gitkube.sh/locked-at${of}` };
}

/** Nothing is deployed as long as a Remote has it. */
export interface RemoteLock {
  readonly reason: string;
  /** Undefined: it was set by hand. */
  readonly by?: string;
  /** RFC 3339. */
  readonly at?: string;
}

export function readLock(
  annotations: Readonly<Record<string, string>> | undefined,
  environment = '',
): RemoteLock | undefined {
  const names = lockAnnotations(environment);
  const { [names.reason]: reason, [names.by]: by, [names.at]: at } = annotations ?? {};
  if (reason === undefined) return undefined;
  return {
    reason: plain(reason, 300).trim() || 'no reason given',
    ...(by ? { by: plain(by, 200) } : {}),
    ...(at ? { at: plain(at, 40) } : {}),
  };
}

/** `locked by ada@laptop since 2026-03-01T10:00:00Z: release freeze` */
export function lockWords({ reason, by, at }: RemoteLock): string {
  return `locked${by === undefined ? '' : ` by ${by}`}${at === undefined ? '' : ` since ${at}`}: ${reason}`;
}
