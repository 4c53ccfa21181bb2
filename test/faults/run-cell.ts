import { setTimeout as delay } from 'node:timers/promises';
import { descendants } from '../support/processes.ts';
import { disagreements } from './agreement.ts';
import type { Fault, Outcome, Phase } from './cell.ts';
import { type FaultName, faults } from './faults.ts';
import { within } from './findings.ts';
import { inShort } from './heard.ts';
import { leaks } from './leaks.ts';
import { lastPush, outcomeOf, untruths } from './truth.ts';
import { World } from './world.ts';

export interface CellResult {
  readonly phase: string;
  readonly fault: FaultName;
  readonly outcome: Outcome | 'failed';
  /** What the pusher reads, in short. */
  readonly heard: string;
  /** None: the cell is green. */
  readonly problems: readonly string[];
  readonly seconds: number;
}

/** Brings a push to stand in a phase, does the fault to it, and looks at everything afterwards. Never rejects. */
export async function runCell(phase: Phase, fault: FaultName): Promise<CellResult> {
  const started = performance.now();
  const named = { phase: phase.name, fault };
  const result = await suffer(phase, fault).catch((error: Error) => ({
    outcome: 'failed' as const,
    heard: '',
    problems: [error.message],
  }));
  return { ...named, ...result, seconds: (performance.now() - started) / 1000 };
}

async function suffer(phase: Phase, name: FaultName): Promise<Pick<CellResult, 'outcome' | 'heard' | 'problems'>> {
  const fault: Fault = faults[name];
  const needs = new Set([...(phase.needs ?? []), ...(fault.needs ?? [])]);
  await using world = await World.create(needs, fault.env ?? {});
  const standing = await phase.stand(world);
  const processes = descendants(world.gitkube.pid).map(({ pid }) => pid);
  const end = await fault.begin(world, standing);
  await standing.letGo();
  const endsFirst = fault.lastsMs !== undefined || (fault.stops && standing.isOwn);
  if (fault.lastsMs !== undefined) await delay(fault.lastsMs);
  if (endsFirst) await end();
  // Without a pusher nobody but the server knows when it is over.
  if (fault.clientGone) await world.idle();
  else await Promise.all([standing.pushing, ...(standing.before ?? [])]);
  standing.leave?.();
  if (!endsFirst) await end();
  const finished = await standing.pushing;
  await world.idle();

  const agree = await within(() => agreement(world));
  const outcome = await outcomeOf(world, standing, finished, fault);
  const wrong = standing.outcomeOf ? [] : await untruths(world, { phase, fault, standing, finished, outcome });
  const expected = phase.expects[name];
  const unexpected = outcome === expected ? [] : [`expected: ${JSON.stringify(expected)}, was: ${outcome}`];
  const status = await lastPush(world);
  const heard = inShort(
    fault.clientGone ? '' : finished.output,
    status?.commit === standing.commit && !standing.outcomeOf ? status : undefined,
  );
  const leaked = await within(() => leaks(world, processes, standing.beforeFails && outcome === 'refused'));
  const next = await nextPush(world);
  const problems = [...unexpected, ...agree, ...wrong, ...leaked, ...next];
  return { outcome, heard, problems: problems.length === 0 ? [] : [...problems, finished.output.trim()] };
}

async function nextPush(world: World): Promise<string[]> {
  const { project } = world;
  await world.change('the next one');
  const { code, output } = await project.tryGit(['push', '-f', project.url, 'HEAD:main']);
  if (code !== 0) return [`the next push: ${output}`];
  const page = () => project.page().then((found) => (found === 'the next one' ? [] : [`the page is ${found}`]));
  const found = [within(page), within(() => agreement(world)), within(() => leaks(world, []))];
  return (await Promise.all(found)).flat().map((problem) => `after the next push: ${problem}`);
}

/** Of all that its Remote deploys: what is beside the deploy under test is not its to change. */
async function agreement({ project, places }: World): Promise<string[]> {
  return (await Promise.all(places.map((place) => disagreements(project, [place.workload], place)))).flat();
}
