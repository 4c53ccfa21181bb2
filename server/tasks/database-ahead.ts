import { shortId } from '../../base/text.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { nameOf, type Release } from '../git/release.ts';
import type { Repository } from '../git/repository.ts';
import { type LeftOver, readLeft, writeLeft } from './left-note.ts';

/** What a database is ahead of: the condition DatabaseAhead of a Remote. */
export interface DatabaseAhead {
  readonly status: 'True';
  readonly reason: string;
  readonly message: string;
}

type History = Pick<Repository, 'folder' | 'releases'>;

/** The names of its migrations. @param remote undefined: it is invalid */
export function migrationsOf(remote: Pick<Remote, 'tasks'> | undefined): readonly string[] | undefined {
  return remote?.tasks.filter(({ stage }) => stage === 'Migrate').map(({ name }) => name);
}

/** @param migrations those that the Remote has: of one that is removed, nobody waits for another run; undefined: nobody knows */
export async function databaseAhead(
  repository: History,
  migrations: readonly string[] | undefined,
): Promise<DatabaseAhead | undefined> {
  const [left, releases] = await Promise.all([readLeft(repository.folder), repository.releases()]);
  const known = stillLeft(left, releases).filter(({ task }) => migrations?.includes(task) ?? true);
  const texts = known.map(({ message, deploy, commit }) => `${message} (deploy ${deploy} of ${shortId(commit)})`);
  const running = rolledBackBefore(releases[0]);
  // What nobody has taken back is the graver one of both.
  const reason = known.at(-1)?.reason ?? (running && 'RolledBack');
  if (reason === undefined) return undefined;
  return { status: 'True', reason, message: [...texts, ...(running === undefined ? [] : [running])].join('; ') };
}

/** Keeps what a deploy has left, before its journal goes. Call it while the turn of the Remote is held. */
export async function keepLeft(repository: History, one: Omit<LeftOver, 'after'>): Promise<void> {
  const [left, releases] = await Promise.all([readLeft(repository.folder), repository.releases()]);
  const others = stillLeft(left, releases).filter(({ task }) => task !== one.task);
  await writeLeft(repository.folder, [...others, { ...one, after: releases[0]?.number ?? 0 }]);
}

/**
 * Forgets what releases have settled since: the records of older ones are not kept in memory. Call it while the turn of the
 * Remote is held.
 */
export async function forgetSettled(repository: History): Promise<void> {
  const left = await readLeft(repository.folder);
  if (left.length === 0) return;
  const still = stillLeft(left, await repository.releases());
  if (still.length < left.length) await writeLeft(repository.folder, still);
}

/** Each until a release has run its task to its end; one that skipped it says nothing of it. */
function stillLeft(left: readonly LeftOver[], releases: readonly Release[]): readonly LeftOver[] {
  return left.filter(
    ({ task, after }) => !releases.some((one) => one.number > after && ranMigrations(one).includes(task)),
  );
}

/** A rollback undoes no migration. */
function rolledBackBefore(running: Release | undefined): string | undefined {
  const ahead = running?.record.ahead ?? [];
  if (!running || ahead.length === 0) return undefined;
  return `${nameOf(running)} is older than what has migrated the database: ${ahead.join('; ')}`;
}

/** The names of migrations that a release has run. */
export function ranMigrations({ record }: Release): string[] {
  const ran = (record.tasks ?? []).filter(({ stage, state }) => stage === 'Migrate' && state === 'Succeeded');
  return ran.map(({ name }) => name);
}

/** `schema in releases/8`: what has migrated the database since a release that is to run again, in words. */
export function migratedSince({ number, record }: Release, all: readonly (Release | { number: number })[]): string[] {
  const later = all.filter((one) => one.number > number).toReversed();
  const since = later.flatMap((one) => {
    const names = 'record' in one ? ranMigrations(one) : [];
    return 'record' in one && names.length > 0 ? [`${names.join(', ')} in ${nameOf(one)}`] : [];
  });
  return [...(record.ahead ?? []), ...since];
}
