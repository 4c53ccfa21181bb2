import { AsyncSignal } from '../../base/async-signal.ts';
import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import { TimeLimit } from '../../base/time-limit.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { KubeEvent, V1Pod, Watch } from '../../kube/kube.ts';
import { Refusals } from '../../kube/refusals.ts';
import { type DeployerDeps, type DeployerOptions, makeDeps } from '../deps.ts';
import { outOfTime } from '../evaluate/out-of-time.ts';
import { explain } from '../pods/explain.ts';
import { mountProblems } from '../pods/not-started.ts';
import { type Problem, podProblems } from '../pods/pod-problems.ts';
import { podWaitsFor } from '../pods/pod-state.ts';
import { type ContainerStatus, podName } from '../pods/pods.ts';
import { ProgressDebouncer } from '../rollout/progress-debouncer.ts';
import { Since } from '../rollout/since.ts';
import type { WorkloadId } from '../workload/workload.ts';

export interface StartWait {
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  /** What it waits for, when that takes longer than usual. */
  readonly say: (line: string) => void;
}

export interface ContainerEnd {
  /** Of a command that a signal has ended 128 and its number. */
  readonly code: number;
  /** `OOMKilled`, `Error`, … */
  readonly reason: string;
}

type Terminated = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>;

/** What keeps it from running is asked for again after this time, and nothing is said before. */
const lookAgainMs = 3000;

/** A pod that is created for one command, and deleted at its end. */
export class OneOffPod implements AsyncDisposable {
  readonly name: string;
  readonly #namespace: string;
  readonly #uid: string;
  /** Of the only container that counts: others may have been injected, also before it. */
  readonly #container: string;
  readonly #workload: WorkloadId;
  readonly #deps: DeployerDeps;
  readonly #changed = new AsyncSignal();
  readonly #over = new AbortController();
  readonly #watch: Watch<V1Pod>;
  #pod: V1Pod | undefined;
  readonly #refusals: Refusals;
  #refused: GitkubeError | undefined;

  private constructor(deps: DeployerDeps, workload: WorkloadId, pod: V1Pod, container: string) {
    this.#deps = deps;
    this.#workload = workload;
    this.#pod = pod;
    this.name = podName(pod);
    this.#namespace = workload.namespace;
    this.#uid = pod.metadata?.uid ?? '';
    this.#container = container;
    this.#refusals = new Refusals(deps.clock);
    this.#watch = deps.kube.watch<V1Pod>(
      { path: `/api/v1/namespaces/${this.#namespace}/pods`, fieldSelector: `metadata.name=${this.name}` },
      {
        upsert: (now) => this.#see(now),
        remove: () => this.#see(undefined),
        refused: (error) => {
          if (!this.#refusals.add(this.#watch.healthy)) return;
          this.#refused = error;
          this.#changed.notify();
        },
      },
      this.#over.signal,
    );
  }

  /**
   * @param workload that it is made of, for errors
   * @throws RolloutRefused for a quota or an admission policy; ObjectRefused; ClusterForbidden, ClusterUnavailable
   */
  static async create(options: DeployerOptions, workload: WorkloadId, pod: V1Pod): Promise<OneOffPod> {
    // Not tried again: an answer that is lost may be that of a pod which runs.
    const created = await options.kube.createPod(workload.namespace, pod).catch(async (thrown) => {
      if (asGitkubeError(thrown).kind === 'transient') await deleteUnanswered(options, workload.namespace, pod);
      throw thrown;
    });
    return new OneOffPod(makeDeps(options), workload, created, pod.spec?.containers[0]?.name ?? '');
  }

  /**
   * Resolves when its container runs, or has ended already.
   * @throws what keeps it from that, with the events of the pod; the reason of the signal
   */
  async started({ timeoutSeconds, signal, say }: StartWait): Promise<void> {
    const { clock } = this.#deps;
    const since = new Since(clock);
    const limit = new TimeLimit(clock, timeoutSeconds);
    const debouncer = new ProgressDebouncer(clock);
    const sayAt = clock.monotonic() + lookAgainMs;
    for (;;) {
      const pod = this.#look(signal);
      if (this.#status(pod)?.state?.running || this.#ended(pod)) return;
      const isLate = clock.monotonic() >= sayAt;
      const events = isLate ? await untilAborted(this.#events(), signal) : [];
      const problems = [...podProblems([pod], new Map()), ...mountProblems([pod], events)];
      const next = since.problems({ kind: 'waiting', line: '', problems });
      const problem = next.problem ?? (limit.isOver ? tooLate(pod, events, limit.words, problems) : undefined);
      if (problem) throw await explain(problem, this.#workload, this.#deps.retryingKube, clock);
      const line = isLate ? debouncer.offer(podWaitsFor(pod, events)) : {};
      if (line.say !== undefined) say(line.say);
      await this.#wake(Math.min(next.dueAt, limit.at, line.dueAt ?? clock.monotonic() + lookAgainMs), signal);
    }
  }

  /** Resolves at the end of its container. @throws when there will be none; the reason of the signal */
  async ended(signal: AbortSignal): Promise<ContainerEnd> {
    for (;;) {
      const pod = this.#look(signal);
      const end = this.#ended(pod);
      if (end) return { code: end.exitCode, reason: end.reason ?? '' };
      await untilAborted(this.#changed.wait(), signal);
    }
  }

  /** Deletes it with its grace. What fails is logged: its deadline ends it all the same. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { retryingKube, log } = this.#deps;
    await retryingKube.deletePod(this.#namespace, this.name, this.#uid).catch((error) => {
      log.warn({ err: error, pod: `${this.#namespace}/${this.name}` }, 'the pod of a run could not be deleted');
    });
    this.#over.abort();
    await this.#watch[Symbol.asyncDispose]();
  }

  /** Warnings about it. */
  #events(): Promise<KubeEvent[]> {
    return this.#deps.retryingKube.listEvents(this.#namespace, this.#uid);
  }

  #see(pod: V1Pod | undefined): void {
    if (pod && pod.metadata?.uid !== this.#uid) return;
    this.#pod = pod;
    this.#changed.notify();
  }

  /** @throws when it is over with it, or nothing can be known of it */
  #look(signal: AbortSignal): V1Pod {
    signal.throwIfAborted();
    if (this.#refused) throw this.#refused;
    const pod = this.#pod;
    if (!pod) throw new GitkubeError('Cancelled', `pod ${this.name} was deleted by somebody else`);
    if (pod.status?.phase !== 'Failed' || this.#status(pod)?.state?.terminated) return pod;
    const { reason = 'it failed', message = '' } = pod.status;
    const why = message === '' ? reason : `${reason}, ${message}`;
    throw new GitkubeError('Cancelled', `Kubernetes has ended pod ${this.name}: ${plain(why, 500)}`);
  }

  #status(pod: V1Pod): ContainerStatus | undefined {
    return pod.status?.containerStatuses?.find(({ name }) => name === this.#container);
  }

  /** One that could not even be started is a problem, and no end. */
  #ended(pod: V1Pod): Terminated | undefined {
    const end = this.#status(pod)?.state?.terminated;
    return end && ['StartError', 'ContainerCannotRun'].includes(end.reason ?? '') ? undefined : end;
  }

  /** Until something has changed, or it is time to look again. */
  async #wake(at: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const awake = new AbortController();
    const timer = clock.delay(Math.max(0, at - clock.monotonic()), awake.signal);
    timer.catch(() => {});
    try {
      await untilAborted(Promise.race([this.#changed.wait(), timer]), signal);
    } finally {
      awake.abort();
    }
  }
}

/** Its name is no other pod's. What fails is logged: its owner looks for such pods. */
async function deleteUnanswered({ kube, log }: DeployerOptions, namespace: string, pod: V1Pod): Promise<void> {
  const name = podName(pod);
  await kube.deletePod(namespace, name, undefined).catch((error) => {
    log.warn(
      { err: error, pod: `${namespace}/${name}` },
      'the pod of a run may have been created, and could not be deleted',
    );
  });
}

function tooLate(pod: V1Pod, events: readonly KubeEvent[], limit: string, [problem]: readonly Problem[]): Problem {
  return problem ?? outOfTime(podWaitsFor(pod, events), pod, events, limit, 'not started');
}
