/** How an object is, as far as it says so itself. */
export type ObjectStatus =
  /** `words`: what it is, where that is not simply that it works. */
  | { readonly kind: 'current'; readonly words?: string }
  /** It says nothing that could be judged. */
  | { readonly kind: 'unknown' }
  /** `why` follows the words "waiting for". */
  | { readonly kind: 'waiting'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'terminating'; readonly why: string };

export const current: ObjectStatus = { kind: 'current' };

export function waiting(why: string): ObjectStatus {
  return { kind: 'waiting', why };
}

export function failed(why: string): ObjectStatus {
  return { kind: 'failed', why };
}
