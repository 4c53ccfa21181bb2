import { duration, plain, shortId } from '../../base/text.ts';
import { lockWords } from '../../remote-crd/index.ts';
import type { DeployState, RemoteState, WorkloadState } from '../gateways/remote-state.ts';
import { answer } from './answer.ts';
import { json, textCommand } from './text-command.ts';
import { oneRemote, type Usage } from './usage.ts';
import { remoteIn } from './words.ts';

const usage: Usage = {
  name: 'status',
  summary: 'shows what runs, ready pods, drift, and what is under way',
  example: 'default/hello',
  takes: oneRemote,
  words: 1,
  options: { '--json': { about: 'as a JSON object' } },
  about: [
    'Shows which release of a Remote runs, how many pods of its workloads are ready, whether somebody else has changed them',
    '(drift), and which deploys are under way or wait.',
  ],
  exitCodes: { 0: 'shown' },
};

/** `ssh … status`: what runs, and what is being done to it. */
export const status = textCommand(usage, async ({ options, rest }, { principal, channel, lineEnd, backend }) => {
  const state = await backend.deploys.status(remoteIn(rest[0], usage), principal);
  answer(channel, options.has('--json') ? [json(state)] : lines(state), lineEnd);
});

function lines({ remote, runs, lock, workloads, drift, underWay }: RemoteState): string[] {
  const waiting = underWay.filter(({ phase }) => phase === 'queue');
  const running = underWay.filter(({ phase }) => phase !== 'queue');
  return [
    ...section('Remote', [remote]),
    ...section('Runs', [runs ? runsLine(runs) : 'nothing was released yet']),
    ...section('Locked', lock ? [lockWords(lock).replace(/^locked:? /, '')] : []),
    ...section('Pods', workloads.map(podsLine)),
    ...section('Drift', [driftLine(drift)]),
    ...section('Under way', running.length > 0 ? running.map(deployLine) : ['nothing']),
    ...section('Waiting', waiting.map(deployLine)),
  ];
}

const WIDTH = 'Under way:'.length + 2;

/** A name, and its lines behind it. */
function section(name: string, values: readonly string[]): string[] {
  return values.map((value, index) => `${(index === 0 ? `${name}:` : '').padEnd(WIDTH)}${plain(value)}`);
}

function runsLine({ release, branch, commit, at, by, how }: NonNullable<RemoteState['runs']>): string {
  const rollback = how === 'push' ? '' : ` (${how})`;
  return `releases/${release}, ${branch} ${shortId(commit)} by ${by}, since ${at.replace(/\.\d+Z$/, 'Z')}${rollback}`;
}

function podsLine({ kind, name, ready, wanted, error }: WorkloadState): string {
  const which = kind === 'Deployment' ? name : `${kind} ${name}`;
  if (error !== undefined) return `${which}: ${error}`;
  return wanted === undefined ? `${which}: no pods of its own` : `${which}: ${ready} of ${wanted} ready`;
}

function driftLine(drift: RemoteState['drift']): string {
  if (!drift) return 'not compared yet';
  return drift.status === 'True' ? `none, ${drift.message}` : `${drift.reason}, ${drift.message}`;
}

function deployLine({ id, label, phase, seconds }: DeployState): string {
  const where = phase === 'queue' ? '' : `, ${phase}`;
  return `${id}   ${label}${where}, for ${duration(seconds * 1000)}`;
}
