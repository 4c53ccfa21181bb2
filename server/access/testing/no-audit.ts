import type { Audit } from '../audit.ts';

/** Keeps nothing. */
export const noAudit: Pick<Audit, 'allowed' | 'refused' | 'refusals'> = {
  allowed: () => {},
  refused: () => {},
  refusals: () => [],
};
