import type { Verb } from '../access/verbs.ts';
import type { RequestedRevision, Trigger } from './request.ts';

/** What a deploy does, as access knows it. */
export function verbOf({
  trigger: { kind },
  revision,
}: {
  readonly trigger: Pick<Trigger, 'kind'>;
  readonly revision?: Pick<RequestedRevision, 'rollbackTo'>;
}): Verb {
  if (kind === 'push') return revision?.rollbackTo === undefined ? 'push' : 'rollback';
  // The return of a release that does not run on is asked for by the server itself.
  return kind === 'watch' ? 'rollback' : kind;
}
