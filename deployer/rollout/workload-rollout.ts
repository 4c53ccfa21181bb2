import { isDeepStrictEqual } from 'node:util';
import { again } from '../../base/again.ts';
import type { Party } from '../../base/common-end.ts';
import { GitkubeError } from '../../base/errors.ts';
import { duration } from '../../base/text.ts';
import type { Workload } from '../../kube/kube.ts';
import type { DeployerDeps } from '../deps.ts';
import type { RolloutTarget } from '../evaluate/rollout-evaluator.ts';
import { markAnnotations } from '../patch/annotations.ts';
import { makePatch } from '../patch/patch.ts';
import { restartedAt } from '../patch/restart.ts';
import { takeSnapshot } from '../patch/snapshot.ts';
import type { Problem } from '../pods/pod-problems.ts';
import { type Restarts, restartsOf } from '../pods/pods.ts';
import { sinceOf, workloadStatus } from '../status/workload-status.ts';
import type { DeployRequest, ReleaseMark, RolloutResult, WorkloadChange, WorkloadSnapshot } from '../types.ts';
import { differingContainers } from '../workload/containers.ts';
import { checkFound } from '../workload/find.ts';
import { podSelector } from '../workload/selector.ts';
import { inWords, rollsOut } from '../workload/workload.ts';
import { removePod } from './remove-pod.ts';
import { rolloutNotes } from './rollout-notes.ts';
import { RolloutView } from './rollout-view.ts';
import { waitRollout } from './wait-rollout.ts';

const patchTries = 5;

interface Watching {
  readonly view: RolloutView;
  readonly restartsBefore: Restarts;
}

/** One workload on its way to a new version: patched once, then waited for. */
export class WorkloadRollout implements AsyncDisposable {
  readonly name: string;
  /** Somebody else may change the workload until our patch holds; this is what it was right before. */
  snapshot: WorkloadSnapshot;
  readonly #deps: DeployerDeps;
  readonly #images: WorkloadChange['images'];
  /** Its manifest made another one of it, just before. */
  readonly #applied: boolean;
  /** As `wasReady` of its change; undefined: its snapshot says it. */
  readonly #wasReady: boolean | undefined;
  /** Its pods are replaced whatever it runs; undefined: they are not. */
  readonly #restart: string | undefined;
  #watching: Watching | undefined;
  #workload: Workload;
  #changed = false;
  /** It ran all this before the patch and still does. */
  #isSettled = false;
  #startedAt = 0;
  #rolloutMs = 0;

  /** Reads what has to be known before the patch, and starts to watch; not for a workload that runs all this already or rolls nothing out. */
  static async open(
    deps: DeployerDeps,
    namespace: string,
    change: WorkloadChange,
    workload: Workload,
  ): Promise<WorkloadRollout> {
    // A CronJob has no pods of its own to restart.
    const restart = rollsOut(workload) ? change.restartedAt : undefined;
    const snapshot = takeSnapshot(namespace, workload, Object.keys(change.images), restart);
    const rollout = new WorkloadRollout(deps, snapshot, workload, change);
    if (rollsOut(workload) && !rollout.#isComplete()) await rollout.#watch();
    return rollout;
  }

  private constructor(
    deps: DeployerDeps,
    snapshot: WorkloadSnapshot,
    workload: Workload,
    { images, applied = false, wasReady }: WorkloadChange,
  ) {
    this.#deps = deps;
    this.name = snapshot.name;
    this.snapshot = snapshot;
    this.#workload = workload;
    this.#images = images;
    this.#applied = applied;
    this.#wasReady = wasReady;
    this.#restart = snapshot.restart?.ours;
  }

  /** It runs the images already and nothing is under way: there is nothing to wait for. */
  #isComplete(): boolean {
    if (this.#applied || this.#restart !== undefined) return false;
    const isSame = differingContainers(this.#workload, this.#images).length === 0;
    return isSame && workloadStatus(this.#workload, { generation: 0 }).kind === 'complete';
  }

  /** Its pods were ready before the deploy. */
  get ranBefore(): boolean {
    return this.#wasReady ?? this.snapshot.wasReady ?? false;
  }

  async #watch(): Promise<Watching> {
    const { namespace } = this.snapshot;
    const pods = await this.#deps.retryingKube.listPods(namespace, podSelector(this.#workload));
    const view = new RolloutView(this.#deps.kube, namespace, this.#workload);
    this.#watching = { view, restartsBefore: restartsOf(pods) };
    return this.#watching;
  }

  /**
   * Sets images and annotations. A workload that changed since it was read is read and tried again.
   * @param newSnapshot awaited when `snapshot` is another one than before, before it is overwritten
   */
  async patch(mark: ReleaseMark, newSnapshot: () => Promise<void>): Promise<void> {
    this.#startedAt = this.#deps.clock.monotonic();
    this.#changed =
      this.#applied || this.#restart !== undefined || differingContainers(this.#workload, this.#images).length > 0;
    for (let attempt = 1; attempt <= patchTries; attempt++) {
      const patch = makePatch(this.#workload, this.#images, markAnnotations(mark), this.#restart);
      if (patch.length === 0) {
        this.#isSettled = !this.#changed && this.#isComplete();
        return;
      }
      const wasComplete = !this.#changed && this.#isComplete();
      const patched = await this.#deps.retryingKube.patchWorkload(this.snapshot, patch);
      if (patched) {
        // Annotations alone count as a new generation of a Deployment, and there is nothing about it to wait for.
        this.#isSettled = wasComplete && isDeepStrictEqual(patched.spec, this.#workload.spec);
        this.#workload = patched;
        return;
      }
      await this.#readAgain(newSnapshot);
    }
    throw this.#changedByOthers('keeps being changed by somebody else');
  }

  // A patch whose answer was lost comes here too: then the images are ours, and must not become the snapshot.
  async #readAgain(newSnapshot: () => Promise<void>): Promise<void> {
    const { uid, images, ...id } = this.snapshot;
    const current = await this.#deps.retryingKube.getWorkload(this.snapshot);
    if (current?.metadata?.uid !== uid) throw this.#changedByOthers('was deleted since');
    checkFound([{ ...id, containers: Object.keys(images) }], [current]);
    this.#workload = current;
    const isOurs = differingContainers(current, this.#images).length === 0 && !this.#isRestartedByOthers(current);
    if (isOurs || this.#isAsBefore(current)) return;
    this.#changed = true;
    this.snapshot = takeSnapshot(id.namespace, current, Object.keys(images), this.#restart);
    await newSnapshot();
  }

  #isAsBefore(current: Workload): boolean {
    return differingContainers(current, this.snapshot.images).length === 0 && !this.#isRestartedByOthers(current);
  }

  #isRestartedByOthers(current: Workload): boolean {
    const { restart } = this.snapshot;
    const now = restartedAt(current);
    return restart !== undefined && now !== restart.ours && now !== restart.before;
  }

  #changedByOthers(what: string): GitkubeError {
    return new GitkubeError('WorkloadChanged', `${inWords(this.snapshot)} ${what}`, { hint: again });
  }

  /**
   * Resolves to the result as soon as all parties hold, or to what keeps the new version from running. Rejects when the
   * signal aborts.
   */
  async wait(request: DeployRequest, signal: AbortSignal, party: Party): Promise<RolloutResult | Problem> {
    const { say } = request;
    this.#sayStart(say);
    const waits = !this.#isSettled && rollsOut(this.#workload);
    if (!waits) this.#complete(say);
    const problem = waits ? await this.#waitForPods(request, signal, party) : undefined;
    return problem ?? { kind: this.snapshot.kind, name: this.name, changed: this.#changed, rolloutMs: this.#rolloutMs };
  }

  async #waitForPods(
    { timeoutSeconds, say }: DeployRequest,
    signal: AbortSignal,
    party: Party,
  ): Promise<Problem | undefined> {
    const { clock, retryingKube, settleMs } = this.#deps;
    const watching = this.#watching ?? (await this.#watch());
    return waitRollout(watching.view, this.#rolloutTarget(watching.restartsBefore), {
      clock,
      timeoutSeconds,
      signal,
      party,
      settleMs: this.#changed ? settleMs : 0,
      onLine: (line) => say(`${this.name}: ${line}`),
      onComplete: (isFirst) => {
        if (!isFirst) say(`${this.name}: is rolled out again`);
        else this.#complete(say, 'rolled out');
      },
      lastLook: () => retryingKube.getWorkload(this.snapshot),
      removePod: (pod) => removePod(this.#deps, this.snapshot, pod, 'the previous version', say),
    });
  }

  #complete(say: (line: string) => void, what?: string): void {
    this.#rolloutMs = this.#deps.clock.monotonic() - this.#startedAt;
    const words = rolloutNotes(this.#watching?.view.state?.workload ?? this.#workload, this.#deps.clock.now());
    if (what && this.#changed) say(`${this.name}: ${what} in ${duration(this.#rolloutMs)}`);
    if (words !== undefined) say(`${this.name}: ${words}`);
  }

  #sayStart(say: (line: string) => void): void {
    const { kind, spec } = this.#workload;
    const isEmpty = (kind === 'Deployment' || kind === 'StatefulSet') && spec?.replicas === 0;
    if (!this.#changed) say(`${this.name}: runs these images already, ${this.#restartHint()}`);
    else if (isEmpty) say(`${this.name}: scaled to 0 replicas, no pod will run`);
  }

  /** Settings that changed without an image (a Secret, a ConfigMap) reach a pod with its restart only. */
  #restartHint(): string {
    const { kind, namespace, name } = this.snapshot;
    if (kind === 'CronJob') return 'nothing to roll out';
    const command = `kubectl -n ${namespace} rollout restart ${kind.toLowerCase()}/${name}`;
    return `nothing to roll out; to restart its pods, type: ${command}`;
  }

  #rolloutTarget(restartsBefore: Restarts): RolloutTarget {
    const { kind, namespace, name, uid } = this.snapshot;
    const id = { kind, namespace, name, uid };
    const since = sinceOf(this.#workload);
    return { ...id, images: this.#images, until: 'complete', restoring: false, restartsBefore, since };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watching?.view[Symbol.asyncDispose]();
  }
}
