import type { Remotes } from '../../remote-crd/index.ts';

/** The target of a deploy: one deploy at a time has its turn. Each Remote has one, without a name. */
export interface Environment {
  readonly namespace: string;
  /** The uid of the Remote: another Remote of the same name is another environment. */
  readonly uid: string;
  readonly name: string;
}

export function environmentOf({ namespace, uid }: Pick<Environment, 'namespace' | 'uid'>, name = ''): Environment {
  return { namespace, uid, name };
}

/**
 * The environment of a repository, for code that has no Remote. A repository of an older version without an owner belongs
 * to the Remote of its name; without such a Remote the name is used as the uid.
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
