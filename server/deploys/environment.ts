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

export function keyOf({ uid, name }: Environment): string {
  return `${uid}/${name}`;
}
