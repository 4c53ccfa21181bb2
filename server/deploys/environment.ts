import type { Remotes } from '../../remote-crd/index.ts';

/** The target of a deploy: one deploy at a time has its turn. Each Remote has one without a name, and those of its spec. */
export interface Environment {
  readonly namespace: string;
  /** The uid of the Remote: another Remote of the same name is another environment. */
  readonly uid: string;
  readonly name: string;
}

/** That of a Remote, or of its entry. */
export function environmentOf({
  namespace,
  uid,
  environment = '',
}: Pick<Environment, 'namespace' | 'uid'> & { readonly environment?: string | undefined }): Environment {
  return { namespace, uid, name: environment };
}

/**
 * The environment of a repository, for code that has no Remote. A repository of an older version without an owner belongs
 * to the Remote of its name; without such a Remote the name is used as the uid.
 */
export function environmentOfRepository(
  remotes: Pick<Remotes, 'entry'>,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  { owner, environment }: { readonly owner: string | undefined; readonly environment: string },
): Environment {
  const id = `${namespace}/${name}`;
  return environmentOf({ namespace, uid: owner ?? remotes.entry(id)?.uid ?? id, environment });
}

/** Of its turn, and of all that is known of it in memory. What else it has by name: ../git/series.ts. */
export function keyOf({ uid, name }: Environment): string {
  return `${uid}/${name}`;
}

/** `keyOf` of a Remote, or of its entry. */
export function keyOfRemote(remote: Parameters<typeof environmentOf>[0]): string {
  return keyOf(environmentOf(remote));
}
