import { type Right, rights } from '../../remote-crd/index.ts';

/** What somebody does with a Remote, and the rights of which one is enough for it. */
export const verbs = {
  fetch: { rights: ['read'], words: 'fetch from' },
  inspect: { rights: ['read'], words: 'read' },
  /** git's door: what may be pushed is decided by ref. */
  send: { rights: ['deploy', 'operate'], words: 'push to' },
  push: { rights: ['deploy'], words: 'deploy' },
  redeploy: { rights: ['deploy', 'operate'], words: 'redeploy' },
  rollback: { rights: ['deploy', 'operate'], words: 'roll back' },
  restart: { rights: ['deploy', 'operate'], words: 'restart' },
  task: { rights: ['deploy', 'operate'], words: 'run a task of' },
  /** Of a deploy that the key itself has asked for. */
  withdraw: { rights: ['deploy', 'operate'], words: 'cancel deploys of' },
  cancel: { rights: ['operate'], words: 'cancel deploys of others to' },
  lock: { rights: ['operate'], words: 'lock or unlock' },
  env: { rights: ['operate'], words: 'read or change the env of' },
  run: { rights: ['operate'], words: 'run commands in the containers of' },
} as const satisfies Record<string, { readonly rights: readonly Right[]; readonly words: string }>;

export type Verb = keyof typeof verbs;

/** `read` is in each of the others. */
export function allows(right: Right, verb: Verb): boolean {
  const enough: readonly Right[] = verbs[verb].rights;
  return enough.includes(right) || (enough.includes('read') && rights.includes(right));
}

/** Whether its rights may be limited to some branches: what is read is of the whole repository. */
export function isOfBranch(verb: Verb): boolean {
  return !allows('read', verb);
}
