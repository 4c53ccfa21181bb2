import { type AccessRule, type Remote, type Right, rights } from './remote.ts';

/** Rights, and the branches that they are about; unset: all. */
export type Grant = Pick<AccessRule, 'rights' | 'branches'>;

/** What a key may do. */
export interface KeyRights {
  readonly may: readonly Right[];
  /** Where that does not hold for all branches: what holds for which. */
  readonly rules?: readonly Grant[];
}

const everything: Grant = { rights };

/** What the entries of `spec.access` say of a key that the Remote lists. */
export function grantsOf({ access = [] }: Pick<Remote, 'access'>, fingerprint: string): readonly Grant[] {
  const own = access.filter(({ keys }) => keys !== 'others' && keys.includes(fingerprint));
  const found = own.length > 0 ? own : access.filter(({ keys }) => keys === 'others');
  if (found.length === 0) return [everything];
  return found.map(({ rights, branches }) => ({ rights, ...(branches && { branches }) }));
}

export function keyRights(remote: Pick<Remote, 'access'>, fingerprint: string): KeyRights {
  const rules = grantsOf(remote, fingerprint);
  const may = rights.filter((right) => right === 'read' || rules.some((rule) => rule.rights.includes(right)));
  return { may, ...(rules.some(({ branches }) => branches) && { rules }) };
}

/** `read, deploy`; `deploy preview/*; read, operate main` */
export function rightsWords({ may, rules }: KeyRights): string {
  return rules ? rules.map(grantWords).join('; ') : may.join(', ');
}

/** The same of one entry. */
export function grantWords({ rights: own, branches }: Grant): string {
  const on = branches ? ` ${branches.join(' and ')}` : '';
  return own.map((right) => (right === 'read' ? right : `${right}${on}`)).join(', ');
}
