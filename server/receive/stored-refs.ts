import { gitPush } from '../../base/server-hints.ts';
import { plain } from '../../base/text.ts';
import { isZero, type RefCommand } from '../../hooks/commands.ts';
import type { Repository } from '../git/repository.ts';
import type { PushedRefs } from './refs.ts';

const TAGS = 'refs/tags/';
const named = 3;

/**
 * What a push prints that deploys nothing, so that nobody takes it for one that does.
 * @param branch the deploy branch
 */
export async function storedLines(
  { stored, ignored }: PushedRefs,
  branch: string,
  repository: Pick<Repository, 'heads' | 'isAncestor'>,
  quarantine: Readonly<Record<string, string>>,
): Promise<string[]> {
  const tag = stored.find(({ ref, newOid }) => ref.startsWith(TAGS) && !isZero(newOid));
  if (!tag) return [...ignoredLines(ignored), 'Nothing was deployed'];
  const name = plain(tag.ref.slice(TAGS.length), 80);
  const isBehind = (one: string, other: string) => repository.isAncestor(one, other, quarantine);
  // A file or a folder can have a tag, too.
  const isCommit = await isBehind(tag.newOid, tag.newOid);
  const head = (await repository.heads()).get(branch);
  const force = head === undefined || (await isBehind(head, tag.newOid)) ? [] : ['-f'];
  // By its id: a tag may be pushed under a name that the pusher does not have, and names may hold `$(…)`.
  const how = `. To deploy it, type: ${gitPush({ options: force, from: `${tag.newOid.slice(0, 12)}^{}`, to: branch })}`;
  return [...ignoredLines(ignored), `Stored the tag ${name}; a tag deploys nothing${isCommit ? how : ''}`];
}

/** Tags of other Remotes came along because of push.followTags or --tags: no reason to fail, but worth a line. */
export function ignoredLines(ignored: readonly RefCommand[]): string[] {
  if (ignored.length === 0) return [];
  const names = ignored.slice(0, named).map(({ ref }) => plain(ref.slice(TAGS.length), 80));
  const more = ignored.length > named ? ` and ${ignored.length - named} more` : '';
  return [`Ignored ${names.join(', ')}${more}: Gitkube creates the tags releases/* of this Remote`];
}
