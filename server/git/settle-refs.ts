import { asGitkubeError, type GitkubeError } from '../../base/errors.ts';
import { git } from './git-command.ts';
import { transaction } from './pending-release.ts';
import type { ReleaseRecord } from './release.ts';
import type { Repository } from './repository.ts';
import { releaseRef } from './series.ts';
import { sweepObjects } from './stale-files.ts';
import { syncRefs } from './sync-refs.ts';

/** A release whose refs may be written in part: git, the server or the power was cut off. */
export interface CutOff {
  /** Without `refs/heads/`. */
  readonly branch: string;
  readonly commit: string;
  /** Where the branch was before; undefined: it was not there. */
  readonly current?: string | undefined;
  readonly release: number;
  /** Of a push whose branch git itself moves, before there is a tag; absent: the tag comes first. */
  readonly record?: ReleaseRecord | undefined;
}

export interface Settled {
  /** True: branch and tag are at the release. False: the branch is where it was, and there is no tag. */
  readonly released: boolean;
  /** Why it could not be completed. */
  readonly problem?: GitkubeError;
}

/**
 * Makes the refs of a release one of two things: both written, or neither. The tag is written first, so it decides:
 *
 * | tag | branch | |
 * |---|---|---|
 * | there | at the release | both are written |
 * | there | where it was | the branch follows; when it cannot, the tag goes |
 * | there | elsewhere | somebody else has moved the branch: the tag goes |
 * | missing | at the release | of a push whose branch git moves the tag follows, any other branch goes back |
 * | missing | where it was, or elsewhere | neither is written |
 *
 * Call it only while the turn of the Remote is held. When it throws, neither is sure and it has to be called again.
 * @param receiving how many receive-packs belong to the holder of the turn
 */
export async function settleRefs(repository: Repository, cutOff: CutOff, receiving: 0 | 1): Promise<Settled> {
  const { branch, commit, current, release, record } = cutOff;
  const { path } = repository;
  await Promise.all([repository.sweepTurn(receiving), repository.alone(() => sweepObjects(path))]);
  repository.forgetHistory();
  const tag = releaseRef(release, repository.environment);
  const refs = await readRefs(path, cutOff, tag);
  if (refs.tag !== commit) {
    if (refs.branch !== commit) return { released: false };
    return record ? makeTag(repository, record) : repository.alone(() => moveBranchBack(path, cutOff));
  }
  const bothWritten = async (): Promise<Settled> => {
    await syncRefs(path, [`refs/heads/${branch}`, tag]);
    return { released: true };
  };
  if (refs.branch === commit) return bothWritten();
  const isBehind = refs.branch === current && !record;
  const problem = isBehind ? await repository.alone(() => moveBranch(path, cutOff)) : undefined;
  if (isBehind && !problem) return { released: true };
  // The git that was to move the branch may have left locks, too; or it has moved it, and failed after that.
  await repository.sweepTurn(receiving);
  if (problem && (await readRefs(path, cutOff, tag)).branch === commit) return bothWritten();
  await repository.alone(() => deleteTag(path, tag));
  repository.forgetHistory();
  return { released: false, ...(problem && { problem }) };
}

/** The commits that both refs name; a tag by hand may be of something else, which is none. */
async function readRefs(path: string, { branch }: CutOff, tagRef: string): Promise<{ branch?: string; tag?: string }> {
  const names = [`refs/heads/${branch}`, tagRef];
  const format = '--format=%(refname) %(objectname) %(*objectname)';
  const lines = (await git(['for-each-ref', format, ...names], { cwd: path })).split('\n');
  const found = new Map(lines.map((line) => [line.split(' ')[0], line.split(' ')]));
  const [, head] = found.get(names[0]) ?? [];
  const [, , tag] = found.get(names[1]) ?? [];
  return { ...(head && { branch: head }), ...(tag && { tag }) };
}

/** @returns why it could not be moved */
async function moveBranch(path: string, { branch, commit, current }: CutOff): Promise<GitkubeError | undefined> {
  const ref = `refs/heads/${branch}`;
  const input = transaction([`update ${ref} ${commit} ${current ?? '0'.repeat(commit.length)}`]);
  const moving = git(['update-ref', '--stdin'], { cwd: path, input }).then(() => syncRefs(path, [ref]));
  return moving.then(() => undefined, asGitkubeError);
}

async function deleteTag(path: string, ref: string): Promise<void> {
  await git(['update-ref', '-d', ref], { cwd: path });
  await syncRefs(path, [ref]);
}

async function makeTag(repository: Repository, record: ReleaseRecord): Promise<Settled> {
  using pending = repository.beginRelease();
  await repository.commitRelease(pending, record, 'moved by git');
  return { released: true };
}

/** A server of an older version was cut off: its one transaction had moved the branch, and the tag was missing. */
async function moveBranchBack(path: string, { branch, commit, current }: CutOff): Promise<Settled> {
  const ref = `refs/heads/${branch}`;
  const back = current === undefined ? `delete ${ref} ${commit}` : `update ${ref} ${current} ${commit}`;
  await git(['update-ref', '--stdin'], { cwd: path, input: transaction([back]) });
  await syncRefs(path, [ref]);
  return { released: false };
}
