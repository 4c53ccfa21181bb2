import { releaseName } from '../../base/release-name.ts';
import { shortId } from '../../base/text.ts';
import type { Principal } from '../access/principal.ts';
import type { RequestedRevision } from './request.ts';

/** Which version, and who asked for it, for people: `main 1f3c2d4 by alice@laptop`. */
export function labelOf(
  { branch, oid, rollbackTo, again, task }: Pick<RequestedRevision, 'branch' | 'oid' | 'rollbackTo' | 'again' | 'task'>,
  { name }: Pick<Principal, 'name'>,
  environment = '',
): string {
  if (again !== undefined)
    return `${branch} ${shortId(oid)} (${task === undefined ? again : `task ${task}`}) by ${name}`;
  const version = rollbackTo === undefined ? shortId(oid) : `back to ${releaseName(rollbackTo, environment)}`;
  return `${branch} ${version} by ${name}`;
}
