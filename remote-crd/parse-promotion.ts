import type { Remote } from './remote.ts';
import type { RemoteSpec } from './schema.ts';

/** Whose environments may be named alone. */
export interface Named {
  readonly namespace: string;
  readonly name: string;
  /** The names of its environments. */
  readonly environments: readonly string[];
}

/** The id that a name means: alone, an environment of the Remote itself, or else a Remote of the same namespace. */
export function promotionId(name: string, { namespace, name: own, environments }: Named): string {
  if (environments.includes(name)) return `${namespace}/${own}/${name}`;
  return name.includes('/') ? name : `${namespace}/${name}`;
}

/** @param id of what it is read for */
export function readPromotion(
  { promoteFrom, requirePromotion }: Pick<RemoteSpec, 'promoteFrom' | 'requirePromotion'>,
  named: Named,
  id: string,
): { readonly promotion: Pick<Remote, 'promotion'>; readonly problems: readonly string[] } {
  const from = [...new Set((promoteFrom ?? []).map((one) => promotionId(one, named)))];
  const isRequired = requirePromotion ?? false;
  if (from.length === 0) {
    return {
      promotion: {},
      problems: isRequired ? ['spec.requirePromotion is set, and spec.promoteFrom names nobody'] : [],
    };
  }
  return {
    promotion: { promotion: { from, isRequired } },
    problems: from.includes(id) ? ['spec.promoteFrom names the Remote itself'] : [],
  };
}
