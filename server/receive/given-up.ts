import { remoteUrl } from '../../base/server-hints.ts';
import { nameOf } from '../git/release.ts';
import type { Decision } from './proc-receive.ts';

/**
 * The last line of a push whose proc-receive hook has died: git reports the refs of that hook as rejected, whatever
 * has become of them, and only this line says what is true.
 * @param pushed the ref that deploys, as git names it; undefined: nothing was to be deployed
 * @returns undefined: nothing has happened, and git is right
 */
export function givenUpLine(pushed: string | undefined, { verdicts, outcome, afterGit }: Decision): string | undefined {
  if (pushed === undefined) return deletedLine(verdicts);
  const but = `although git says that ${pushed} is rejected`;
  const look = `git ls-remote ${remoteUrl()} shows branch and tags`;
  // A branch that only git can move is not moved now.
  if (!outcome && afterGit) return `${pushed} is rejected after all: the previous version is restored`;
  if (outcome?.kind === 'released') return `${nameOf(outcome.release)} runs, ${but}: ${look}`;
  if (outcome?.kind === 'unchanged') return `${pushed} is what runs, ${but}: ${look}`;
  if (outcome?.kind === 'built') return `the images are built, ${but}: nothing was to be deployed`;
  return undefined;
}

function deletedLine(verdicts: Decision['verdicts']): string | undefined {
  const deleted = verdicts.flatMap(({ ref, ok }) => (ok && ref.startsWith('refs/heads/') ? [ref.slice(11)] : []));
  if (deleted.length === 0) return undefined;
  return `deleted ${deleted.join(', ')}, although git says that it is rejected: git ls-remote ${remoteUrl()} shows the branches`;
}
