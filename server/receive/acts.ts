import type { Principal } from '../access/principal.ts';
import type { Act } from '../access/reauthorize.ts';
import { verbOf } from '../deploys/verb-of.ts';
import type { PushedRefs } from './refs.ts';

/** What a push does, as access knows it: a key that may roll back need not be one that may deploy a commit. */
export function actsOf({ deploy, deletions, stored }: PushedRefs, principal: Principal): readonly Act[] {
  const branchesOf = (ref: string) => [ref.slice('refs/heads/'.length)];
  const acts: readonly Act[] = [
    ...(deploy
      ? [{ principal, verb: verbOf({ trigger: { kind: 'push' }, revision: deploy }), branches: [deploy.branch] }]
      : []),
    ...deletions.map(({ ref }) => ({ principal, verb: 'push' as const, branches: branchesOf(ref) })),
    ...(stored.length > 0 ? [{ principal, verb: 'push' as const }] : []),
  ];
  return acts.length > 0 ? acts : [{ principal, verb: 'send' }];
}
