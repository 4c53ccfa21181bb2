import { CORE_SCHEMA, dump, load } from 'js-yaml';
import { z } from 'zod';
import { inSlices } from '../../base/in-slices.ts';
import { releaseName } from '../../base/release-name.ts';
import { ownString, plain } from '../../base/text.ts';
import { workloadKinds } from '../../kube/workload.ts';
import { taskStages } from '../../remote-crd/index.ts';
import { type Series, seriesOf } from './series.ts';

/** The message of the annotated tag `releases/N`: all that has to be stored to know what ran when. */
export const ReleaseRecord = z.object({
  release: z.number().int().positive(),
  remote: z.string(),
  /** Absent: the one without a name. */
  environment: z.string().optional(),
  branch: z.string(),
  commit: z.string(),
  /** The release that ran before; absent: this is the first. */
  previous: z.number().int().positive().optional(),
  /** `push`, or the release that was brought back. */
  how: z.string(),
  by: z.object({ key: z.string(), fingerprint: z.string() }),
  at: z.string(),
  images: z.array(
    z.object({
      /** Of the workload, whatever kind it is of. */
      deployment: z.string(),
      /** Absent: Deployment. */
      kind: z.enum(workloadKinds).optional(),
      container: z.string(),
      image: z.string(),
      buildKey: z.string(),
      built: z.boolean(),
      /** The release of another Remote that it was copied from, as `namespace/name releases/N`; absent: none. */
      promotedFrom: z.string().optional(),
    }),
  ),
  /** What its manifests are, for the next release to know what they no longer are; absent: it has none. */
  objects: z
    .array(
      z.object({
        apiVersion: z.string(),
        kind: z.string(),
        namespace: z.string().optional(),
        name: z.string(),
        replicas: z.number().optional(),
        images: z.record(z.string(), z.string()).optional(),
        content: z.string().optional(),
      }),
    )
    .optional(),
  /** What its workloads read as settings, and the object that keeps what that was; absent: none is known. */
  env: z
    .object({
      kind: z.enum(['Secret', 'ConfigMap']),
      name: z.string(),
      snapshot: z.string(),
      /** What it was before this release; absent: this release has not changed it. */
      before: z.string().optional(),
    })
    .optional(),
  /** Those of its Remote, in their order; absent: it had none. */
  tasks: z
    .array(
      z.object({
        name: z.string(),
        stage: z.enum(taskStages),
        state: z.enum(['Succeeded', 'Skipped']),
        /** Of one that was skipped. */
        why: z.string().optional(),
        seconds: z.number().optional(),
      }),
    )
    .optional(),
  /** Migrations that have run since the release whose images these are, in words; absent: none. */
  ahead: z.array(z.string()).optional(),
  seconds: z.object({ build: z.number(), push: z.number(), rollout: z.number(), total: z.number() }),
});
export type ReleaseRecord = z.infer<typeof ReleaseRecord>;
export type TaskRecord = NonNullable<ReleaseRecord['tasks']>[number];

/** Which commit a release is of: all that is kept in memory of an older one. */
export interface ReleaseName {
  readonly number: number;
  readonly commit: string;
}

export interface Release extends ReleaseName {
  readonly record: ReleaseRecord;
}

/** Of so many releases the records are kept in memory: the status shows ten, and manifests look at the last ten. */
export const keptRecords = 10;

/** The tag object itself (git-mktag(1)); the tagger is the pusher. */
export function releaseTag(record: ReleaseRecord): string {
  const seconds = Math.floor(Date.parse(record.at) / 1000);
  const title = `Release ${record.release} of ${record.remote}`;
  const body = dump(record, { schema: CORE_SCHEMA, lineWidth: -1 });
  return [
    `object ${record.commit}`,
    'type commit',
    `tag ${releaseName(record.release, record.environment)}`,
    `tagger ${identity(record.by)} ${seconds} +0000`,
    '',
    title,
    '',
    body,
  ].join('\n');
}

/** A release of which only its number and its commit are known: made by a newer version, by hand, or damaged. */
export interface UnreadableRelease extends ReleaseName {
  readonly why: string;
}

export interface History {
  /** The newest that can be read, newest first; at most `keptRecords`. */
  readonly releases: readonly Release[];
  /** Those that were skipped to find them, newest first. */
  readonly unreadable: readonly UnreadableRelease[];
  /** All, newest first, whether or not they can be read. */
  readonly names: readonly ReleaseName[];
  /** What the next release is called: behind all of them. */
  readonly next: number;
}

/**
 * @param tags of each tag below that prefix: its full name, the commit it is of, its message. Names that are no number are
 * not ours, or of another environment.
 */
export async function makeHistory(tags: readonly (readonly string[])[], series = seriesOf()): Promise<History> {
  const all = namesOf(tags, series);
  const releases: Release[] = [];
  const unreadable: UnreadableRelease[] = [];
  for await (const { number, commit, message } of inSlices(all)) {
    if (releases.length === keptRecords) break;
    const read = readRelease({ number, commit }, message);
    if ('record' in read) releases.push(read);
    else unreadable.push(read);
  }
  const names = all.map(({ number, commit }) => ({ number, commit }));
  return { releases, unreadable, names, next: (names[0]?.number ?? 0) + 1 };
}

/** Those of some tags, as `makeHistory` gets them, newest first. */
export async function readReleases(
  tags: readonly (readonly string[])[],
  series = seriesOf(),
): Promise<(Release | UnreadableRelease)[]> {
  const found: (Release | UnreadableRelease)[] = [];
  for await (const { message, ...name } of inSlices(namesOf(tags, series))) found.push(readRelease(name, message));
  return found;
}

/** @param message of its tag */
export function readRelease({ number, commit }: ReleaseName, message: string): Release | UnreadableRelease {
  try {
    const yaml = ownString(message.slice(message.indexOf('\n\n') + 2));
    const record = ReleaseRecord.safeParse(load(yaml, { schema: CORE_SCHEMA }));
    if (record.success) return { number, commit, record: record.data };
    const [issue] = record.error.issues;
    return { number, commit, why: issue ? `${issue.path.join('.')}: ${issue.message}` : 'its message is no record' };
  } catch {
    return { number, commit, why: 'its message is no YAML' };
  }
}

/** Newest first. */
function namesOf(tags: readonly (readonly string[])[], { prefix }: Pick<Series, 'prefix'>) {
  return tags.flatMap((fields) => readName(fields, prefix) ?? []).sort((a, b) => b.number - a.number);
}

function readName([ref = '', commit = '', message = '']: readonly string[], prefix: string) {
  const number = numberIn(ref, prefix);
  return number === undefined ? undefined : { number, commit: ownString(commit), message };
}

/** Its tag, as people write it. */
export function nameOf({ number, record }: Release): string {
  return releaseName(number, record.environment);
}

/** @param ref full name of a tag @returns undefined: it is no release of this series */
export function numberIn(ref: string, prefix: string): number | undefined {
  const start = `refs/tags/${prefix}`;
  const name = ref.startsWith(start) ? ref.slice(start.length) : '';
  return /^\d{1,15}$/.test(name) ? Number(name) : undefined;
}

function identity(by: { readonly key: string; readonly fingerprint: string }): string {
  // git allows neither angle brackets nor line ends in an identity.
  const clean = (text: string) =>
    plain(text, 200)
      .replace(/[<>\n]/g, '')
      .trim();
  return `${clean(by.key) || 'unnamed key'} <${clean(by.fingerprint)}>`;
}
