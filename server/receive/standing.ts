import { askForm } from '../../base/git-remote.ts';
import { rfc3339 } from '../../base/rfc3339.ts';
import { gitPush, namingServer, seeCommits } from '../../base/server-hints.ts';
import { plain, shortId } from '../../base/text.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { DeployRecord } from '../deploys/records/records.ts';
import { nameOf } from '../git/release.ts';
import type { Repository } from '../git/repository.ts';
import type { Others } from './join.ts';

/** A push that comes back after a disconnect has few deploys between, and each is a file to read. */
const LOOK_BACK = 5;

export interface Past {
  readonly records: Pick<Others['records'], 'all'>;
  /** How the URL of a Remote looks. */
  readonly urlForm: () => string;
}

type Own = {
  readonly remote: Pick<Remote, 'id' | 'environments' | 'isOnlyEnvironments'>;
  readonly repository: Repository;
};

/**
 * What a client reads that sent nothing: what runs, and which deploy brought it. git says after it `Everything up-to-date`, or
 * that it rejects a push of commits that do not follow those of the branch, which no server gets to know.
 * @returns undefined: nothing was released yet
 */
export async function standingLines(past: Past, { remote, repository }: Own): Promise<string[] | undefined> {
  const own = remote.isOnlyEnvironments ? [] : [{ id: remote.id, environment: '' }];
  const all = [...own, ...remote.environments].map(async ({ id, environment }) =>
    linesOf(past, id, await repository.of(environment)),
  );
  const lines = (await Promise.all(all)).flat();
  return lines.length > 0 ? lines : undefined;
}

async function linesOf({ records, urlForm }: Past, id: string, repository: Repository): Promise<string[]> {
  const [release] = await repository.releases();
  if (!release) return [];
  const { number, commit, record } = release;
  const brought = (await records.all(repository, LOOK_BACK)).find(
    ({ verdict }) => verdict.result === 'released' && verdict.release === number,
  );
  const since = record.at.replace(/\.\d+Z$/, 'Z');
  const runs = `${record.branch} ${shortId(commit)} by ${record.by.key} since ${since}`;
  return [
    plain(`Gitkube: ${id} runs ${nameOf(release)}, ${runs}`),
    ...(brought ? [`  output of that deploy: ${askForm(urlForm(), 'output')} ${id} ${brought.id}`] : []),
    ...behind({ id }, record.branch).map((line) => plain(`  ${namingServer(line, { urlForm: urlForm() })}`)),
  ];
}

/** The message of git about it speaks of any remote and branch. */
function behind({ id }: Pick<Remote, 'id'>, branch: string): string[] {
  const see = seeCommits({ id, branch });
  return [
    `if git rejects the push, ${branch} of ${id} has commits that yours lacks; to see them, type: ${see}`,
    'to put yours on top of them, type: git rebase FETCH_HEAD',
    `to replace them with yours, after git commit --amend or git rebase, type: ${gitPush({ id, options: ['--force'], to: branch })}`,
  ];
}

/**
 * How the last deploy of a commit ended, where it did not succeed: its pusher may have been disconnected before.
 * @returns undefined: there is nothing to say
 */
export async function lastFailureLine(
  { records }: Pick<Past, 'records'>,
  { repository }: Pick<Own, 'repository'>,
  commit: string,
): Promise<string | undefined> {
  // No push is refused for the sake of this line.
  const kept = await records.all(repository, LOOK_BACK).catch(() => []);
  const last = kept.find((one) => one.commit === commit && !namedAbsentRelease(one));
  if (!last) return undefined;
  const { verdict } = last;
  if (verdict.result === 'interrupted') return `${named(last)} was cut off when the server stopped`;
  if (verdict.result !== 'failed') return undefined;
  return `${named(last)} failed at ${endOf(last)}: ${verdict.reason}: ${verdict.message}`;
}

/** It asked for a release by number: the commit is the one that git had to send with it, and was not deployed. */
function namedAbsentRelease({ verdict }: DeployRecord): boolean {
  return verdict.result === 'failed' && verdict.reason === 'ReleaseNotFound';
}

function named({ id }: DeployRecord): string {
  return `The last deploy of this commit (${id})`;
}

function endOf({ at, seconds = 0 }: DeployRecord): string {
  return rfc3339(Date.parse(at) + seconds * 1000);
}
