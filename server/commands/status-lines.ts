import type { Paint } from '../../base/paint.ts';
import { releaseOf } from '../../base/release-name.ts';
import { duration, plain, shortId } from '../../base/text.ts';
import { lockWords } from '../../remote-crd/index.ts';
import type { DeployState, EnvironmentState, RemoteState, WorkloadState } from '../gateways/remote-state.ts';

type Look = 'good' | 'bad' | 'warning' | undefined;

/** What a person reads of one thing, and whether it is as it should be. */
interface Value {
  readonly text: string;
  readonly look?: Look;
}

const WIDTH = 'Under way:'.length + 2;

/** The state of a Remote as a person reads it. */
export function statusLines(state: RemoteState, paint: Paint): string[] {
  return sectionsOf(state).flatMap(([name, values]) => values.map((value, index) => lineOf(name, value, index, paint)));
}

/** What is read of it once more since it was another one; how long a deploy takes is no change. */
export function changedLines(before: RemoteState, state: RemoteState, paint: Paint): string[] {
  const old = new Map(sectionsOf(timeless(before)));
  return sectionsOf(timeless(state)).flatMap(([name, values]) => {
    const known = new Set(old.get(name)?.map(({ text }) => text));
    const added = values.filter(({ text }) => !known.has(text));
    const isOver = values.length === 0 && known.size > 0;
    return (isOver ? [{ text: 'no more' }] : added).map((value) => lineOf(name, value, 0, paint));
  });
}

/** The same for all moments in which nothing happens. */
export function timeless(state: RemoteState): RemoteState {
  return { ...state, underWay: state.underWay.map(({ seconds: _, ...deploy }) => deploy as DeployState) };
}

/** Names, and what stands behind each; nothing does: it is not shown. */
function sectionsOf(state: RemoteState): (readonly [name: string, values: readonly Value[]])[] {
  const { remote, runs, lock, workloads, database, tasks, underWay, environments } = state;
  const waiting = underWay.filter(({ phase }) => phase === 'queue');
  const running = underWay.filter(({ phase }) => phase !== 'queue');
  return [
    ['Remote', [{ text: remote }]],
    ['Runs', [{ text: runs ? runsText(remote, runs) : 'nothing was released yet' }]],
    ['Locked', lock ? [{ text: lockText(lock), look: 'warning' }] : []],
    ['Pods', workloads.map(pods)],
    ['Drift', [driftOf(state)]],
    ['Database', database ? [{ text: database.message, look: 'warning' }] : []],
    ['Tasks', tasks.flatMap(taskOf)],
    ['Under way', running.length > 0 ? running.map(deploy) : [{ text: 'nothing' }]],
    ['Waiting', waiting.map(deploy)],
    ['Others', environments.map(environment)],
  ];
}

function lineOf(name: string, { text, look }: Value, index: number, paint: Paint): string {
  const shown = plain(text);
  return `${(index === 0 ? `${name}:` : '').padEnd(WIDTH)}${look ? paint[look](shown) : shown}`;
}

function lockText(lock: NonNullable<RemoteState['lock']>): string {
  return lockWords(lock).replace(/^locked:? /, '');
}

/** In one line: its own state has the rest. */
function environment({ remote, branch, runs, lock }: EnvironmentState): Value {
  const what = runs ? runsText(remote, runs) : `nothing was released yet, branch ${branch} deploys`;
  if (!lock) return { text: `${remote}: ${what}` };
  return { text: `${remote}: ${what}, locked: ${lockText(lock)}`, look: 'warning' };
}

function runsText(remote: string, { release, branch, commit, at, by, how }: NonNullable<RemoteState['runs']>): string {
  const rollback = how === 'push' ? '' : ` (${how})`;
  return `${releaseOf(remote, release)}, ${branch} ${shortId(commit)} by ${by}, since ${at.replace(/\.\d+Z$/, 'Z')}${rollback}`;
}

function pods({ kind, name, ready = 0, wanted, error }: WorkloadState): Value {
  const which = kind === 'Deployment' ? name : `${kind} ${name}`;
  if (error !== undefined) return { text: `${which}: ${error}`, look: 'bad' };
  if (wanted === undefined) return { text: `${which}: no pods of its own` };
  const look = ready >= wanted ? 'good' : ready === 0 ? 'bad' : 'warning';
  return { text: `${which}: ${ready} of ${wanted} ready`, look };
}

function driftOf({ remote, runs, drift }: RemoteState): Value {
  if (!drift) return { text: runs ? `not compared with ${releaseOf(remote, runs.release)} yet` : 'not compared yet' };
  if (drift.status === 'True') return { text: `none, ${drift.message}`, look: 'good' };
  return { text: `${drift.reason}, ${drift.message}`, look: 'warning' };
}

/** Those that run, and that have failed: how the others went is in the output of their deploy. */
function taskOf({ name, stage, state, startedAt, push, message }: RemoteState['tasks'][number]): Value[] {
  if (state === 'Running') return [{ text: `${name} (${stage}) running since ${startedAt}, deploy ${push}` }];
  if (!['Failed', 'TimedOut', 'UndoFailed'].includes(state)) return [];
  return [{ text: `${message ?? `task ${name} failed`} (${stage}, deploy ${push})`, look: 'bad' }];
}

function deploy({ id, label, phase, seconds }: DeployState): Value {
  const where = phase === 'queue' ? '' : `, ${phase}`;
  // Missing where time is no change.
  const time = seconds === undefined ? '' : `, for ${duration(seconds * 1000)}`;
  return { text: `${id}   ${label}${where}${time}` };
}
