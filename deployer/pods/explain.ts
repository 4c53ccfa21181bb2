import type { Clock } from '../../base/clock.ts';
import { namingWorkload } from '../../base/edit-workload.ts';
import { GitkubeError } from '../../base/errors.ts';
import { lineOfError, linesThatMatter } from '../../base/log-lines.ts';
import { plain } from '../../base/text.ts';
import type { KubeEvent, V1Pod } from '../../kube/kube.ts';
import type { RetryingKube } from '../../kube/retrying-kube.ts';
import type { WorkloadId } from '../workload/workload.ts';
import { advice } from './advice.ts';
import { saysMore, warningText } from './events.ts';
import type { Problem } from './pod-problems.ts';
import { containerStates, podName } from './pods.ts';
import { probeFailure } from './probe-failure.ts';
import { pullCause, pullFailure } from './pull-cause.ts';

const eventLines = 5;

/** A program that fails has said why; one that the kernel killed for its memory, or that is done, has not. */
const hasFailed = / exited with code [1-9]| was killed by signal /;

/**
 * A problem as an error that its reader can act on: with the events of the pod and the last lines of the container's log.
 * @param ranBefore the workload ran before the deploy, and runs again after it
 */
export async function explain(
  problem: Problem,
  workload: WorkloadId,
  kube: RetryingKube,
  clock: Clock,
  ranBefore = false,
): Promise<GitkubeError> {
  const { namespace, name } = workload;
  const notReady = await whyNotReady(problem, namespace, kube);
  const evidence = await evidenceOf(problem, namespace, kube, clock);
  const hints = [...notReady, ...(problem.hint ?? []), ...advice(problem, workload, ranBefore)];
  return new GitkubeError(problem.reason, `${name}: ${plain(problem.message)}`, {
    hint: hints.map((hint) => namingWorkload(hint, workload)),
    evidence,
    said: hasFailed.test(problem.message) ? lineOfError(linesOfLog(evidence), 'last') : undefined,
  });
}

/** The events of the pod, and the last lines of the container's log. */
export async function evidenceOf(
  problem: Problem,
  namespace: string,
  kube: RetryingKube,
  clock: Clock,
): Promise<string[]> {
  const [events, log] = await Promise.all([eventsOf(problem, namespace, kube), logOf(problem, namespace, kube, clock)]);
  // Of a crash its own words say most; that its probe failed as well is noise.
  if (problem.reason === 'ContainerCrashed' && log.length > 1) return log;
  return [...(problem.raw === undefined ? [] : [plain(problem.raw, 1000)]), ...events, ...log];
}

/** By the events as they are now: the rollout may have ended before one of them came. */
async function whyNotReady(
  { reason, pod, container }: Problem,
  namespace: string,
  kube: RetryingKube,
): Promise<string[]> {
  const state = pod && containerStates(pod).find(({ status }) => status.name === container);
  if (reason !== 'RolloutTimeout' || !pod?.metadata?.uid || !state) return [];
  if (state.runsToEnd) return [`start or create what ${state.label} waits for; its last lines are above`];
  const failure = probeFailure(pod, state, await kube.listEvents(namespace, pod.metadata.uid));
  return failure ? [...(failure.toSeeWhy === undefined ? [] : [failure.toSeeWhy]), failure.hint] : [];
}

async function eventsOf(problem: Problem, namespace: string, kube: RetryingKube): Promise<string[]> {
  const uid = problem.pod?.metadata?.uid;
  if (!uid) return [];
  const messages = lastOfProbes(await kube.listEvents(namespace, uid))
    .filter((event) => saysMore(event) || (problem.reason === 'ImagePullFailed' && isFailedPull(event)))
    .map((event) => warningText(textOf(event), 500))
    .filter((message) => !problem.message.includes(message) && !isSaid(message, problem));
  return [...new Set(messages)].slice(-eventLines);
}

/** Of each probe the last failure: those before it may be of a container that was still starting. @param events newest last */
function lastOfProbes(events: readonly KubeEvent[]): KubeEvent[] {
  const keys = events.map(({ message = '', involvedObject }) => {
    const [, kind] = /^(Readiness|Startup|Liveness) probe failed/.exec(message) ?? [];
    return kind && `${kind} ${involvedObject?.fieldPath}`;
  });
  return events.filter((_, at) => keys[at] === undefined || keys.lastIndexOf(keys[at]) === at);
}

/** That a probe failed, of a problem that says of this probe why. */
function isSaid(message: string, problem: Problem): boolean {
  const [, kind] = /^(Readiness|Startup|Liveness) probe failed$/.exec(message) ?? [];
  return kind !== undefined && problem.message.includes(`${kind.toLowerCase()} probe`);
}

function textOf(event: KubeEvent): string {
  const { message = '' } = event;
  const [, image = ''] = /image "([^"]*)"/.exec(message) ?? [];
  return isFailedPull(event) ? pullFailure(message, image).cause : pullCause(message);
}

/** A kubelet before 1.31 says the cause in the event alone. */
function isFailedPull({ reason, message = '' }: KubeEvent): boolean {
  return reason === 'Failed' && message.startsWith('Failed to pull image');
}

/** Of a container that ended: what its last run printed. Of one that takes too long: what it prints, or printed before. */
async function logOf(problem: Problem, namespace: string, kube: RetryingKube, clock: Clock): Promise<string[]> {
  const { pod, container, ended = false } = problem;
  if (!pod || container === undefined) return [];
  const status = containerStates(pod).find((one) => one.status.name === container)?.status;
  if (!ended && status?.state?.waiting && !status.lastState?.terminated) return [];
  const runsAgain = ended && status?.state?.running;
  // The kubelet shows the log of a container that just ended a moment late, hence the back-off.
  for (const pauseMs of ended ? [0, 200, 800] : [0]) {
    if (pauseMs) await clock.delay(pauseMs);
    for (const previous of runsAgain ? [true, false] : [false, true]) {
      const lines = await kube.podLog(namespace, podName(pod), container, previous);
      if (lines.length > 0) return titled(pod, container, lines);
    }
  }
  return [`${labelIn(pod, container)} in pod ${podName(pod)} ${ended ? 'left no log' : 'has printed nothing'}`];
}

function labelIn(pod: V1Pod, container: string): string {
  return containerStates(pod).find(({ status }) => status.name === container)?.label ?? `container ${container}`;
}

/** They are indented below their title. */
function linesOfLog(evidence: readonly string[]): string[] {
  return evidence.filter((line) => line.startsWith('  '));
}

function titled(pod: V1Pod, container: string, lines: readonly string[]): string[] {
  const last = linesThatMatter(lines).map((line) => `  ${plain(line, 500)}`);
  return [`the last lines of ${labelIn(pod, container)} in pod ${podName(pod)}:`, ...last];
}
