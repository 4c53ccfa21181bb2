import { rfc3339 } from '../../base/rfc3339.ts';
import { plain } from '../../base/text.ts';
import type { WorkloadDifference } from '../../deployer/index.ts';
import { nameOf, type Release } from '../git/release.ts';

export interface Difference extends WorkloadDifference {
  /** The other Remote that deploys this container, too. */
  readonly rival?: string | undefined;
}

/** What runs beside the last release. */
export interface Drift {
  readonly release: Release;
  /** Never empty. */
  readonly differences: readonly Difference[];
  /** Milliseconds since the epoch: when it was first seen. */
  readonly since: number;
}

const listed = 3;
const imageLength = 120;

/** What differs, for a condition or an Event: at most some 900 characters, however much it is. */
export function describeDrift({ release, differences, since }: Drift): string {
  const lines = summarize(differences);
  const more = lines.length > listed ? [`and ${lines.length - listed} more`] : [];
  const when = rfc3339(since);
  return `not as in ${nameOf(release)} since ${when}: ${[...lines.slice(0, listed), ...more].join('; ')}`;
}

/** The same drift has the same key, whenever it is seen. */
export function driftKey({ release, differences }: Pick<Drift, 'release' | 'differences'>): string {
  const facts = differences.map(({ name, container, wants, runs }) => [name, container, wants, runs]);
  return JSON.stringify([release.number, ...facts.sort()]);
}

/** A workload that is gone is one line, not one for each of its containers. */
function summarize(differences: readonly Difference[]): string[] {
  return [...new Set(differences.map(describeOne))];
}

function describeOne({ kind, name, container, wants, runs, missing, rival }: Difference): string {
  if (missing === 'workload') return `${kind} ${name} does not exist`;
  if (runs === null) return `${kind} ${name} has no container ${container} any more`;
  const also = rival ? ` (the Remote ${rival} also deploys it)` : '';
  return `${name}/${container} wants ${shortImage(wants)}, runs ${shortImage(runs)}${also}`;
}

/** The end of an image reference says most (tag, digest), so the middle is left out. */
function shortImage(image: string): string {
  const clean = plain(image, 2000);
  if (clean === '') return 'no image';
  return clean.length <= imageLength ? clean : `${clean.slice(0, 60)}…${clean.slice(61 - imageLength)}`;
}
