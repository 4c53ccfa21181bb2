import { callApi } from '../support/api-server.ts';
import type { Finished } from '../support/command.ts';
import type { Fault, Outcome, Phase, Standing } from './cell.ts';
import { within } from './findings.ts';
import { ownWords } from './heard.ts';
import type { World } from './world.ts';

export interface LastPush {
  readonly result: 'Succeeded' | 'Failed';
  readonly reason: string;
  readonly message: string;
  readonly commit: string;
}

interface Ended {
  readonly phase: Phase;
  readonly fault: Fault;
  readonly standing: Standing;
  readonly finished: Finished;
  readonly outcome: Outcome;
}

/** What the push has come to, from what the pusher heard and where the branch is. */
export async function outcomeOf(
  world: World,
  standing: Standing,
  finished: Finished,
  { clientGone }: Fault,
): Promise<Outcome> {
  const { code, output } = finished;
  if (standing.outcomeOf) return standing.outcomeOf(finished);
  if (clientGone) return (await isReleased(world, standing)) ? 'released' : 'cut off';
  if (code === 0) return 'released';
  return ownWords.test(output) ? 'refused' : 'cut off';
}

/** Where what was said and what is so differ. */
export async function untruths(world: World, { phase, fault, standing, finished, outcome }: Ended): Promise<string[]> {
  const released = await (fault.forgets ? world.hasArchived(standing.release) : isReleased(world, standing));
  const problems: string[] = [];
  if (outcome === 'released' && !released) problems.push('the pusher reads of a release that is none');
  if (outcome === 'refused' && released) problems.push('the pusher reads of a failure, and it is released');
  const reads = (words: string) => finished.output.includes(words);
  if (finished.code !== 0 && reads('Released releases/') && !reads('runs, although git says')) {
    problems.push('the pusher reads of a release and of a rejection, and not which of both is so');
  }
  if (finished.code === 0 && !reads('Released releases/')) problems.push('no release is named');
  const isToldOf = !fault.forgets && !fault.followed && (released || phase.announced);
  return [...problems, ...(isToldOf ? await within(() => statusUntruths(world, standing.commit, released)) : [])];
}

async function statusUntruths(world: World, commit: string, released: boolean): Promise<string[]> {
  const last = await lastPush(world);
  const result = released ? 'Succeeded' : 'Failed';
  if (last?.commit === commit && last.result === result) return [];
  return [`status.lastPush is not ${result} of ${commit}: ${JSON.stringify(last)}`];
}

/** What the status of the Remote says of the last push that it knows. */
export async function lastPush({ project, places: [{ environment }] }: World): Promise<LastPush | undefined> {
  const path = `/apis/gitkube.sh/v1alpha1/namespaces/${project.namespace}/remotes/app`;
  const { status } = JSON.parse(await callApi('GET', path)) as RemoteObject;
  if (environment === '') return status?.lastPush;
  return status?.environments?.find(({ name }) => name === environment)?.lastPush;
}

interface RemoteObject {
  readonly status?: {
    readonly lastPush?: LastPush;
    readonly environments?: readonly { readonly name: string; readonly lastPush?: LastPush }[];
  };
}

async function isReleased(
  { project }: World,
  { commit, release, isReleased: hasHappened }: Pick<Standing, 'commit' | 'release' | 'isReleased'>,
): Promise<boolean> {
  if (hasHappened) return hasHappened();
  const ref = release === undefined ? 'refs/heads/main' : `refs/tags/releases/${release}^{}`;
  return (await project.git('ls-remote', project.url, ref)).startsWith(commit);
}
