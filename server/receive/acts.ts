import { plain } from '../../base/text.ts';
import type { Act } from '../access/may.ts';
import type { Principal } from '../access/principal.ts';
import { verbOf } from '../deploys/verb-of.ts';
import type { PushedRefs } from './refs.ts';

/** What a push does, as access knows it: a key that may roll back need not be one that may deploy a commit. */
export function actsOf({ deploy, deletions, stored }: PushedRefs, principal: Principal): readonly Act[] {
  const branchesOf = (ref: string) => [ref.replace(/^refs\/(?:heads|builds)\//, '')];
  // The commit that -o skip-deploy has built of a branch.
  const builds = stored.filter(({ ref }) => ref.startsWith('refs/builds/'));
  const others = stored.filter((one) => !builds.includes(one)).map(({ ref }) => plain(ref, 200));
  const acts: readonly Act[] = [
    ...(deploy
      ? [{ principal, verb: verbOf({ trigger: { kind: 'push' }, revision: deploy }), branches: [deploy.branch] }]
      : []),
    ...[...deletions, ...builds].map(({ ref }) => ({
      principal,
      verb: 'push' as const,
      branches: branchesOf(ref),
      refs: [plain(ref, 200)],
    })),
    ...(others.length > 0 ? [{ principal, verb: 'push' as const, refs: others.slice(0, 20) }] : []),
  ];
  return acts.length > 0 ? acts : [{ principal, verb: 'send' }];
}
