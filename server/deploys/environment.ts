import type { Remotes } from '../../remote-crd/index.ts';

/** What a deploy goes to: one at a time has its turn. Each Remote has one, without a name. */
export interface Environment {
  readonly namespace: string;
  /** Of the Remote: another one of the same name is another one. */
  readonly uid: string;
  readonly name: string;
}

export function environmentOf({ namespace, uid }: Pick<Environment, 'namespace' | 'uid'>, name = ''): Environment {
  return { namespace, uid, name };
}

/**
 * What a repository is of, for those who come to it without its Remote. One that an older version has left without an
 * owner belongs to whichever Remote has its name; while there is none, the name stands for the uid.
 */
export function environmentOfRepository(
  remotes: Pick<Remotes, 'entry'>,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  { owner }: { readonly owner: string | undefined },
): Environment {
  const id = `${namespace}/${name}`;
  return environmentOf({ namespace, uid: owner ?? remotes.entry(id)?.uid ?? id });
}

/** Of its turn. What else it has by name: ../git/series.ts. */
export function keyOf({ uid, name }: Environment): string {
  return `${uid}/${name}`;
}
