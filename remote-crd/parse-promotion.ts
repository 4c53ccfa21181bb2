import type { Remote } from './remote.ts';
import type { RemoteSpec } from './schema.ts';

/** A Remote that is named alone is one of the same namespace. */
export function withNamespace(name: string, namespace: string): string {
  return name.includes('/') ? name : `${namespace}/${name}`;
}

export function readPromotion(
  { promoteFrom, requirePromotion }: Pick<RemoteSpec, 'promoteFrom' | 'requirePromotion'>,
  { namespace, name }: Pick<Remote, 'namespace' | 'name'>,
): { readonly promotion: Pick<Remote, 'promotion'>; readonly problems: readonly string[] } {
  const from = [...new Set((promoteFrom ?? []).map((one) => withNamespace(one, namespace)))];
  const isRequired = requirePromotion ?? false;
  if (from.length === 0) {
    return {
      promotion: {},
      problems: isRequired ? ['spec.requirePromotion is set, and spec.promoteFrom names no Remote'] : [],
    };
  }
  const isOwn = from.includes(`${namespace}/${name}`);
  return {
    promotion: { promotion: { from, isRequired } },
    problems: isOwn ? ['spec.promoteFrom names the Remote itself'] : [],
  };
}
