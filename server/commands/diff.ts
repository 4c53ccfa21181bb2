import type { Paint } from '../../base/paint.ts';
import { releaseOf } from '../../base/release-name.ts';
import { table } from '../../base/table.ts';
import { count, plain, shortId } from '../../base/text.ts';
import type { RemoteName } from '../access/remote-name.ts';
import { objectLines } from '../diff/lines.ts';
import { envInWords } from '../env/env-data.ts';
import type { LiveDiff, ReleaseDiff } from '../gateways/diff-gateway.ts';
import { answer } from './answer.ts';
import { paintOf } from './for-terminal.ts';
import { json, textCommand } from './text-command.ts';
import { oneRemote, type Usage } from './usage.ts';
import { isRelease, releaseIn, remoteIn, wrong } from './words.ts';

const usage: Usage = {
  name: 'diff',
  summary: 'compares what runs with the last release, or two releases',
  example: 'default/hello',
  takes: `${oneRemote} [<number> [<number>]]`,
  words: 3,
  options: { '--json': { about: 'as a JSON object, with all lines and full values' } },
  about: [
    'Without a number: what somebody else has changed in the cluster since the last release: which field, who and when.',
    'With one: that release against the last one. With two: images, commits, env and manifests from the first to the second.',
    'Values of Secrets, and of variables that are called like a secret, are never shown.',
  ],
  exitCodes: { 0: 'the same', 1: 'something differs' },
};

/** `ssh … diff`: what runs against the last release, or one release against another. */
export const diff = textCommand(usage, async ({ options, rest }, scope) => {
  const paint = paintOf(scope);
  const { principal, channel, left, lineEnd, backend } = scope;
  const { remote: name, numbers } = wishIn(rest);
  const [a, b] = numbers;
  const isJson = options.has('--json');
  if (a === undefined) {
    const found = await backend.diffs.live(name, principal, left);
    answer(
      channel,
      isJson ? [json(found)] : liveLines(found, paint),
      lineEnd,
      codeOf(found, found.problems.length > 0),
    );
    return;
  }
  const found = await backend.diffs.releases(name, [a, b], principal, left);
  answer(channel, isJson ? [json(found)] : releaseLines(found), lineEnd, codeOf(found, hasProblem(found)));
});

function hasProblem({ problem, env }: ReleaseDiff): boolean {
  return problem !== undefined || env?.problem !== undefined;
}

/** All may be left out. @throws UsageInvalid */
function wishIn(words: readonly string[]): { remote: RemoteName | undefined; numbers: readonly number[] } {
  const [first] = words;
  const remote = first?.includes('/') && !isRelease(first) ? remoteIn(first, usage) : undefined;
  const numbers = (remote ? words.slice(1) : words).map((word) => releaseIn(word, usage, remote));
  if (numbers.length > 2) throw wrong(usage, 'diff compares two releases at most');
  return { remote, numbers };
}

/** 2, as of diff(1): nobody knows whether it is the same. */
function codeOf({ same, objects }: Pick<LiveDiff, 'same' | 'objects'>, hasProblem: boolean): number {
  if (hasProblem || objects.some(({ state }) => state === 'unknown')) return 2;
  return same ? 0 : 1;
}

function liveLines(found: LiveDiff, paint: Paint): string[] {
  const { remote, release, comparedAt, objects, more, problems, underWay } = found;
  const lines = objectLines(objects, { now: Date.parse(comparedAt) });
  return [
    ...clipped(lines, more),
    ...problems.map((problem) => paint.warning(`cannot be compared: ${plain(problem)}`)),
    ...underWay.map((label) => `under way, and not released yet: ${plain(label)}`),
    (found.same ? paint.good : paint.warning)(`${remote} ${liveVerdict(found)} ${releaseOf(remote, release)}`),
  ];
}

function liveVerdict({ same, objects, problems }: LiveDiff): string {
  if (same) return 'runs exactly';
  const unknown = objects.filter(({ state }) => state === 'unknown').length + problems.length;
  const differing = objects.filter(({ state }) => state !== 'unknown' && state !== 'same').length;
  if (differing === 0) return `cannot be compared in ${count(unknown, 'object')} with`;
  return `differs in ${count(differing, 'object')} from`;
}

function releaseLines(found: ReleaseDiff): string[] {
  const { objects, more, note, problem, same } = found;
  const [from, to] = namesIn(found);
  const words = { removed: `only in ${from}`, added: `only in ${to}` };
  const manifests = clipped(objectLines(objects, words), more);
  return [
    ...imageLines(found),
    ...commitLines(found),
    ...envLines(found),
    ...manifests,
    ...(note === undefined ? [] : [`${note}: objects are not compared`]),
    ...(problem === undefined ? [] : [`the manifests cannot be compared: ${plain(problem)}`]),
    ...(same ? [`${from} and ${to} are the same`] : []),
  ];
}

function namesIn({ remote, from, to }: ReleaseDiff): readonly [string, string] {
  return [releaseOf(remote, from.release), releaseOf(remote, to.release)];
}

function imageLines(found: ReleaseDiff): string[] {
  const { images } = found;
  if (images.length === 0) return [];
  const rows = images.map((one) => [one.name, digest(one.from), digest(one.to), one.same ? 'same' : 'changed']);
  return table(['CONTAINER', ...namesIn(found), 'IMAGE'], rows);
}

/** Names alone. */
function envLines({ env }: ReleaseDiff): string[] {
  if (env === undefined) return [];
  const { note, problem } = env;
  if (note !== undefined) return [`env: ${plain(note)}: names are not compared`];
  if (problem !== undefined) return [`env: names cannot be compared: ${plain(problem)}`];
  const words = envInWords(env);
  return words === '' ? [] : [`env: ${plain(words)}`];
}

function digest(image = ''): string {
  return (
    image
      .split('@')
      .at(-1)
      ?.slice(0, 'sha256:'.length + 12) ?? ''
  );
}

function commitLines({ remote, from, to, commits }: ReleaseDiff): string[] {
  const [a, b] = [from, to].map(({ release, commit }) => `${releaseOf(remote, release)} (${shortId(commit)})`);
  if (from.commit === to.commit) return [`commit ${shortId(to.commit)} in both`];
  const { list, total, isAncestor, onlyBefore, problem } = commits;
  if (problem !== undefined) return [`${a} and ${b}: their commits cannot be listed: ${plain(problem)}`];
  const lost = `${a} is not an ancestor of ${b}, which lacks ${count(onlyBefore, 'commit')} of it`;
  return [
    ...(isAncestor ? [] : [lost]),
    ...(total === 0 ? [] : [`${count(total, 'commit')} from ${a} to ${b}:`]),
    ...list.map(({ commit, subject }) => `  ${shortId(commit)} ${plain(subject, 100)}`),
    ...(total > list.length ? [`  and ${total - list.length} more`] : []),
  ];
}

const maxLines = 200;

/** @param more changes that are not among the lines */
function clipped(lines: readonly string[], more: number): string[] {
  const left = Math.max(0, lines.length - maxLines) + more;
  return left === 0 ? [...lines] : [...lines.slice(0, maxLines), `and ${count(left, 'line')} more`];
}
